// Asks one shard in the words that a person would type, and tells what it answered and replicated.

import Keyspace
import Primitives
import RESP

final class Session {
    var keyspace: Keyspace
    private let table = CommandTable()
    private let reply = Writer()

    init(seed: UInt64 = 1, now: Milliseconds = 1000) {
        self.keyspace = Keyspace(seed: seed)
        self.keyspace.now = now
    }

    /// The reply, with `|` for line ends. The mutations stay in the keyspace until the next command.
    @discardableResult
    func ask(_ line: String) -> String {
        self.keyspace.mutations.removeAll()
        self.reply.removeAll()
        self.verbatim = nil
        var parser = CommandParser()
        Array((line + "\r\n").utf8).withUnsafeBytes { bytes in
            guard case .command = parser.next(in: bytes) else { preconditionFailure("not a command: \(line)") }
            let command = parser.current
            guard let index = self.table.index(of: command[0]) else { preconditionFailure("no such command: \(line)") }
            let spec = self.table.specs[index]
            precondition(spec.accepts(argumentCount: command.count), "wrong number of arguments: \(line)")
            self.keyspace.execute(spec.id, command, self.reply)
            if self.keyspace.mutations.isVerbatim { self.verbatim = Self.words(command.encoded) }
        }
        return Self.line(self.reply.bytes)
    }

    func expireSlice(segments: Int = 512, limit: Int = 128) -> Bool {
        self.keyspace.expireSlice(segments: segments, limit: limit)
    }

    func releaseSlice() -> Bool { self.keyspace.releaseSlice() }

    func watch(_ key: String, by watcher: Int64) -> Bool {
        key.withBytes { self.keyspace.watch($0, by: watcher) }
    }

    func hasChanged(for watcher: Int64) -> Bool { self.keyspace.hasChanged(for: watcher) }

    private var verbatim: String?

    /// What the last command replicated, in order, as words between blanks.
    var mutations: [String] {
        (0..<self.keyspace.mutations.count).map { Self.words(self.keyspace.mutations[$0]) }
            + (self.verbatim.map { [$0] } ?? [])
    }

    private static func words(_ encoded: Bytes) -> String {
        var parser = CommandParser()
        guard case .command = parser.next(in: encoded) else { return "?" }
        let command = parser.current
        return (0..<command.count).map { command[$0].text }.joined(separator: " ")
    }

    private static func line(_ bytes: Bytes) -> String {
        bytes.text.split(separator: "\r\n", omittingEmptySubsequences: false).dropLast().joined(separator: "|")
    }
}

extension String {
    /// Lends the bytes of a text.
    func withBytes<Result>(_ body: (Bytes) -> Result) -> Result {
        var copy = self
        return copy.withUTF8 { body(Bytes($0)) }
    }
}

extension Session {
    /// At 1000 ms: `old` ended at 500 and is still in place, `soon` ends at 9000, `n` is 10 and lasts.
    static func withExpiries() -> Session {
        let session = Session(now: 100)
        session.ask("SET old x PXAT 500")
        session.ask("SET soon 1 PXAT 9000")
        session.ask("SET n 10")
        session.keyspace.now = 1000
        return session
    }
}
