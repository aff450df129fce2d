// Commands of one read that concern other shards. They leave as one message per shard; their replies are put together in
// the order of the commands. Commands that treat keys one by one are split here and joined again, and are atomic per shard
// only.

import Keyspace
import Primitives
import RESP

/// Commands on their way to one shard, and the replies on their way back.
struct ShardPart: Sendable {
    var commands: [UInt8] = []

    /// Replies of a part, and where each ends.
    struct Replies: Sendable {
        var bytes: [UInt8] = []
        var ends: [Int] = []
    }
}

struct ShardBatch {
    private enum Entry {
        case one(shard: Int)
        case joined(Join, shards: [Int])
        case ready([UInt8])
    }

    /// How the replies of a split command become one.
    enum Join {
        /// MGET: `owners[i]` is the shard of the *i*-th key.
        case array(owners: [Int])
        /// DEL UNLINK EXISTS TOUCH
        case sum
        /// MSET
        case ok

        init?(_ id: CommandID, owners: [Int]) {
            switch id {
            case .mget: self = .array(owners: owners)
            case .del, .unlink, .exists, .touch: self = .sum
            case .mset: self = .ok
            default: return nil
            }
        }
    }

    private(set) var parts: [ShardPart]
    private var entries: [Entry] = []
    private var bytes = 0

    /// A batch leaves once it has gathered so much, although the read has more.
    private static let mostCommands = 1024
    private static let mostBytes = 1 << 20

    init(shards: Int) {
        self.parts = Array(repeating: ShardPart(), count: shards)
    }

    var isEmpty: Bool { self.entries.isEmpty }
    var isFull: Bool { self.entries.count >= Self.mostCommands || self.bytes >= Self.mostBytes }

    mutating func add(_ command: Command, to shard: Int) {
        self.parts[shard].commands.append(contentsOf: command.encoded)
        self.bytes += command.length
        self.entries.append(.one(shard: shard))
    }

    /// A reply that is known already takes its place in the order.
    mutating func add(reply: [UInt8]) { self.entries.append(.ready(reply)) }

    /// Splits a command whose keys lie in several shards.
    mutating func add(_ command: Command, split join: Join, keys: StrideTo<Int>, owners: [Int], step: Int) {
        let shards = Set(owners).sorted()
        for shard in shards {
            let writer = Writer()
            let mine = zip(keys, owners).filter { $0.1 == shard }.map(\.0)
            writer.array(1 + mine.count * step)
            writer.bulk(command[0])
            for key in mine {
                for argument in key..<(key + step) { writer.bulk(command[argument]) }
            }
            self.parts[shard].commands.append(contentsOf: writer.bytes)
        }
        self.bytes += command.length
        self.entries.append(.joined(join, shards: shards))
    }

    /// Writes all replies in the order of their commands.
    /// - Parameter replies: of each shard, in the order in which its commands were added.
    func write(_ replies: [ShardPart.Replies], _ writer: Writer) {
        var readers = replies.map { ReplyReader($0) }
        for entry in self.entries {
            switch entry {
            case .one(let shard): readers[shard].next { writer.raw($0) }
            case .ready(let bytes): bytes.withUnsafeBytes { writer.raw($0) }
            case .joined(.sum, let shards):
                var sum: Int64 = 0
                for shard in shards {
                    readers[shard].next { sum += Decimal.read(Bytes(rebasing: $0.dropFirst().dropLast(2))) ?? 0 }
                }
                writer.integer(sum)
            case .joined(.ok, let shards):
                for (index, shard) in shards.enumerated() {
                    readers[shard].next { if index == 0 { writer.raw($0) } }
                }
            case .joined(.array(let owners), let shards):
                for shard in shards { readers[shard].openArray() }
                writer.array(owners.count)
                for owner in owners { readers[owner].nextElement { writer.raw($0) } }
                for shard in shards { readers[shard].closeArray() }
            }
        }
    }
}

/// Reads a shard's replies one after the other, and the elements of one that is an array of bulk strings and nulls.
private struct ReplyReader {
    private let replies: ShardPart.Replies
    private var index = 0
    private var position = 0

    init(_ replies: ShardPart.Replies) { self.replies = replies }

    mutating func next(_ body: (Bytes) -> Void) {
        let end = self.replies.ends[self.index]
        self.replies.bytes.withUnsafeBytes { body(Bytes(rebasing: $0[self.position..<end])) }
        self.position = end
        self.index += 1
    }

    mutating func openArray() { self.skipLine() }

    mutating func closeArray() {
        self.position = self.replies.ends[self.index]
        self.index += 1
    }

    mutating func nextElement(_ body: (Bytes) -> Void) {
        let start = self.position
        let length = self.replies.bytes.withUnsafeBytes { bytes -> Int64 in
            let line = bytes[(start + 1)...].prefix { $0 != UInt8(ascii: "\r") }
            return Decimal.read(Bytes(rebasing: line)) ?? -1
        }
        self.skipLine()
        if length >= 0 { self.position += Int(length) + 2 }
        self.replies.bytes.withUnsafeBytes { body(Bytes(rebasing: $0[start..<self.position])) }
    }

    private mutating func skipLine() {
        while self.replies.bytes[self.position] != UInt8(ascii: "\n") { self.position += 1 }
        self.position += 1
    }
}
