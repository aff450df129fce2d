// What the simulations' clients send: few keys and short times to live, so that commands meet.

internal import Engine
internal import Keyspace
internal import Primitives
internal import RESP

struct ClientCommands {
    static let table = CommandTable()

    let keys: [String]
    /// Whether there are lists, sets, sorted sets and hashes beside the strings, under keys of their own.
    let hasCollections: Bool
    /// What values are made of.
    let filler: String

    init(keyCount: Int, hasCollections: Bool = false, filler: String = "v") {
        self.keys = (0..<keyCount).map { "key:\($0)" }
        self.hasCollections = hasCollections
        self.filler = filler
    }

    /// One command, as it comes from a client.
    func next(using generator: inout SeededGenerator) -> [UInt8] {
        if self.hasCollections, Int.random(in: 0..<3, using: &generator) == 0 {
            return self.nextOfCollection(using: &generator)
        }
        let key = self.keys.randomElement(using: &generator) ?? ""
        // Now and then a value that goes over the sectors of a disk, and over a segment.
        let isLarge = Int.random(in: 0..<20, using: &generator) == 0
        let length = Int.random(in: 0...(isLarge ? 1_500 : 20), using: &generator)
        return switch Int.random(in: 0..<12, using: &generator) {
        case 0...2: Self.encoded("SET", key, String(repeating: self.filler, count: length))
        case 3...5: Self.encoded("INCR", key)
        case 6...7: Self.encoded("APPEND", key, String(repeating: "a", count: length))
        case 8: Self.encoded("SET", key, "1", "PX", String(Int.random(in: 1...900, using: &generator)))
        case 9: Self.encoded("DEL", key)
        case 10: Self.encoded("PEXPIRE", key, String(Int.random(in: 1...900, using: &generator)))
        default: Self.encoded("EXPIRE", key, "1")
        }
    }

    private func nextOfCollection(using generator: inout SeededGenerator) -> [UInt8] {
        let member = "m\(Int.random(in: 0..<12, using: &generator))"
        let number = String(Int.random(in: -9...9, using: &generator))
        return switch Int.random(in: 0..<12, using: &generator) {
        case 0: Self.encoded("RPUSH", "list", member, number)
        case 1: Self.encoded("LPUSH", "list", member)
        case 2: Self.encoded("LPOP", "list")
        case 3...4: Self.encoded("SADD", "set", member)
        case 5: Self.encoded("SPOP", "set")
        case 6...7: Self.encoded("HSET", "hash", member, number)
        case 8: Self.encoded("HDEL", "hash", member)
        case 9: Self.encoded("ZADD", "sorted", number, member)
        case 10: Self.encoded("ZINCRBY", "sorted", number, member)
        default:
            Self.encoded("PEXPIRE", ["list", "set", "hash", "sorted"].randomElement(using: &generator) ?? "", "300")
        }
    }

    private static func encoded(_ words: String...) -> [UInt8] {
        let writer = Writer()
        writer.array(words.count)
        for word in words { writer.bulk(word) }
        return Array(writer.bytes)
    }
}

extension Engine {
    /// Carries out a command that a client sent.
    mutating func carryOut(_ bytes: Bytes, now: Milliseconds, _ reply: Writer) {
        Self.withCommand(bytes) { self.execute($0, $1, now: now, reply) }
    }

    /// Carries out commands that a client sent as one transaction.
    mutating func carryOutTogether(_ commands: [[UInt8]], now: Milliseconds) {
        self.beginTransaction(now: now)
        for command in commands {
            command.withUnsafeBytes { bytes in
                Self.withCommand(bytes) { self.executeInTransaction($0, $1, Writer()) }
            }
        }
        self.endTransaction()
    }

    private static func withCommand(_ bytes: Bytes, _ body: (CommandID, Command) -> Void) {
        var parser = CommandParser()
        guard case .command(bytes.count) = parser.next(in: bytes),
            let index = ClientCommands.table.index(of: parser.current[0])
        else { preconditionFailure("the simulation's own commands are known") }
        body(ClientCommands.table.specs[index].id, parser.current)
    }
}
