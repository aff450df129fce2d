// One shard in this process, asked as a server would ask it, with a replica that is given its mutations and nothing else.

import Keyspace
import Primitives
import RESP

final class Shard {
    private var primary: Keyspace
    private var replica: Keyspace
    private let table = CommandTable()
    private let reply = Writer()
    private let discarded = Writer()
    /// All mutations so far, encoded, and how many.
    private(set) var stream: [UInt8] = []
    private(set) var mutationCount = 0

    init(seed: UInt64, _ version: ProtocolVersion) {
        self.primary = Keyspace(seed: seed)
        self.replica = Keyspace(seed: seed &+ 1)
        self.replica.decidesExpiry = false
        self.reply.version = version
    }

    func execute(_ words: [[UInt8]], now: Milliseconds) -> Reply? {
        self.reply.removeAll()
        self.primary.now = now
        Self.withCommand(encode(words)) { command in
            guard let index = self.table.index(of: command[0]) else {
                return self.reply.error(CommandError.unknownQuoted(command))
            }
            let spec = self.table.specs[index]
            guard spec.accepts(argumentCount: command.count) else {
                return self.reply.error(CommandError.wrongArity("\(spec.name)"))
            }
            if spec.id == .command { return self.table.describe(command, self.reply) }
            self.primary.execute(spec.id, command, self.reply)
            self.collect(spec.flags.contains(.write) ? command.encoded : nil)
        }
        return Reply.read(Array(self.reply.bytes), from: 0)?.0
    }

    /// Takes what the last command did and gives it to the replica, whose clock is far ahead.
    private func collect(_ command: Bytes?) {
        let mutations = self.primary.mutations
        for index in 0..<mutations.count { self.replicate(Array(mutations[index])) }
        if mutations.isVerbatim, let command { self.replicate(Array(command)) }
        precondition(!mutations.isVerbatim || command != nil, "a command that is no write replicates as it is")
        mutations.removeAll()
    }

    private func replicate(_ mutation: [UInt8]) {
        self.stream += mutation
        self.mutationCount += 1
        self.discarded.removeAll()
        self.replica.now = .max
        Self.withCommand(mutation) { command in
            guard let index = self.table.index(of: command[0]) else { preconditionFailure("unknown mutation") }
            self.replica.execute(self.table.specs[index].id, command, self.discarded)
        }
        precondition(self.discarded.bytes.first != UInt8(ascii: "-"), "a replica refused a mutation")
        self.replica.mutations.removeAll()
    }

    private static func withCommand(_ bytes: [UInt8], _ body: (Command) -> Void) {
        var parser = CommandParser()
        bytes.withUnsafeBytes { buffer in
            guard case .command = parser.next(in: buffer) else { preconditionFailure("the command does not parse") }
            body(parser.current)
        }
    }

    struct Element: Hashable {
        var member: [UInt8]
        var value: [UInt8]
        /// As bits.
        var score: [UInt64]
    }

    struct Record: Hashable {
        var key: [UInt8]
        var kind: ValueKind
        var value: [UInt8] = []
        var elements: [Element] = []
        var expiry: Milliseconds?
    }

    /// Everything that lives in the primary and in the replica, once all that is due has ended.
    func contents(now: Milliseconds) -> (primary: Set<Record>, replica: Set<Record>) {
        _ = self.execute([Array("KEYS".utf8), Array("*".utf8)], now: now)
        self.replica.now = .min
        return (Self.records(&self.primary), Self.records(&self.replica))
    }

    private static func records(_ keyspace: inout Keyspace) -> Set<Record> {
        var records: Set<Record> = []
        keyspace.visit { entry in
            var record = Record(key: Array(entry.key), kind: entry.kind, expiry: entry.expiry)
            if let collection = entry.collection {
                _ = collection.visit(from: 0) {
                    let score = entry.kind == .sortedSet ? [$0.score.bitPattern] : []
                    record.elements.append(Element(member: Array($0.member), value: Array($0.value), score: score))
                    return true
                }
                // Each keyspace has an order of its own.
                if entry.kind == .set || entry.kind == .hash {
                    record.elements.sort { $0.member.lexicographicallyPrecedes($1.member) }
                }
            } else {
                record.value = Array(entry.value)
            }
            records.insert(record)
        }
        precondition(records.count == keyspace.count, "the table's count is wrong")
        return records
    }
}
