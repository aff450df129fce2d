// Commands of one read that concern other shards. They leave as one message per shard; their replies are put together in
// the order of the commands. Commands that treat keys one by one are split here and joined again, and are atomic per shard
// only.
//
// A shard stops once its replies are large: a client that asks for much and reads nothing must not make the shards gather
// it all. What is left goes out again when the client has taken what was there, so that a batch may take several rounds.

import Keyspace
import Primitives
import RESP

/// Commands on their way to one shard, and the replies on their way back.
struct ShardPart: Sendable {
    var commands: [UInt8] = []
    /// Members of a group that do not lead may answer reads.
    var isReadOnly = false
    /// The replies leave once the shard's group has confirmed who leads.
    var readsConsistently = false

    func asked(by session: ClientSession) -> ShardPart {
        var part = self
        part.isReadOnly = session.isReadOnly
        part.readsConsistently = session.readsConsistently
        return part
    }

    /// Replies of a part, and where each ends.
    struct Replies: Sendable {
        var bytes: [UInt8] = []
        var ends: [Int] = []
        /// Bytes of the commands that these are the replies to.
        var used = 0
        /// Which of them answer writes, and the position after the last one.
        var writes: [Int] = []
        var position: Position?
        /// Those that took long.
        var slow: [SlowCommand] = []

        /// The same, with an error in place of every reply to a write.
        func refusingWrites(_ message: String) -> Replies {
            var replies = Replies(used: self.used, position: self.position, slow: self.slow)
            var start = 0
            for (index, end) in self.ends.enumerated() {
                replies.bytes +=
                    self.writes.contains(index) ? Array("-\(message)\r\n".utf8) : Array(self.bytes[start..<end])
                replies.ends.append(replies.bytes.count)
                start = end
            }
            return replies
        }
    }

    /// Bytes of replies after which a shard begins no further command of a part.
    static let mostReplyBytes = 1 << 20
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

    /// Commands that have not been carried out, and replies that have not been written, of each shard.
    private var parts: [ShardPart]
    private var readers: [ReplyReader]
    private var entries: [Entry] = []
    /// The first entry whose reply has not been written.
    private var next = 0
    private var bytes = 0

    /// A batch leaves once it has gathered so much, although the read has more.
    private static let mostCommands = 1024
    private static let mostBytes = 1 << 20

    init(shards: Int) {
        self.parts = Array(repeating: ShardPart(), count: shards)
        self.readers = Array(repeating: ReplyReader(ShardPart.Replies()), count: shards)
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

    /// What each shard is to be sent now: nothing as long as some of its replies have not been written.
    var due: [ShardPart] { zip(self.parts, self.readers).map { $1.isEmpty ? $0 : ShardPart() } }

    /// Takes the replies of each shard to what was due.
    mutating func received(_ replies: [ShardPart.Replies]) {
        for (shard, replies) in replies.enumerated() where replies.used > 0 {
            self.parts[shard].commands.removeFirst(replies.used)
            self.readers[shard] = ReplyReader(replies)
        }
    }

    /// Writes the replies that are at hand, in the order of their commands.
    /// - Returns: whether those were all.
    mutating func write(_ writer: Writer) -> Bool {
        while self.next < self.entries.count {
            let entry = self.entries[self.next]
            guard self.isAnswered(entry) else { return false }
            self.write(entry, writer)
            self.next += 1
        }
        return true
    }

    private func isAnswered(_ entry: Entry) -> Bool {
        switch entry {
        case .one(let shard): !self.readers[shard].isEmpty
        case .joined(_, let shards): shards.allSatisfy { !self.readers[$0].isEmpty }
        case .ready: true
        }
    }

    private mutating func write(_ entry: Entry, _ writer: Writer) {
        switch entry {
        case .one(let shard): self.readers[shard].next { writer.raw($0) }
        case .ready(let bytes): bytes.withUnsafeBytes { writer.raw($0) }
        case .joined(.sum, let shards):
            var sum: Int64 = 0
            for shard in shards {
                self.readers[shard].next { sum += Decimal.read(Bytes(rebasing: $0.dropFirst().dropLast(2))) ?? 0 }
            }
            writer.integer(sum)
        case .joined(.ok, let shards):
            for (index, shard) in shards.enumerated() {
                self.readers[shard].next { if index == 0 { writer.raw($0) } }
            }
        case .joined(.array(let owners), let shards):
            for shard in shards { self.readers[shard].openArray() }
            writer.array(owners.count)
            for owner in owners { self.readers[owner].nextElement { writer.raw($0) } }
            for shard in shards { self.readers[shard].closeArray() }
        }
    }
}

/// Reads a shard's replies one after the other, and the elements of one that is an array of bulk strings and nulls.
private struct ReplyReader {
    private let replies: ShardPart.Replies
    private var index = 0
    private var position = 0

    init(_ replies: ShardPart.Replies) { self.replies = replies }

    var isEmpty: Bool { self.index == self.replies.ends.count }

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
