import Engine
import Keyspace
import Primitives
import RESP
import Replication

/// A link's transport and the replica behind it: decodes the stream and applies it to a keyspace of its own.
final class ReplicaModel {
    private(set) var applied: Position = 0
    /// Every mutation received, as text.
    private(set) var mutations: [String] = []
    private(set) var error: String?
    private var engine: Engine
    private var held: [UInt8] = []
    private var replay = Replay(table: CommandTable())

    init(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        self.engine = Engine(seed: generator.next(), history: History(using: &generator))
        self.engine.keyspace.decidesExpiry = false
    }

    func receive(_ bytes: Bytes, now: Milliseconds) {
        self.held += bytes
        var used = 0
        while self.error == nil {
            let step = self.held.withUnsafeBytes { held -> Int? in
                let rest = Bytes(rebasing: held[used...])
                guard case .frame(let lsn, let offset, let length) = FrameScan(rest) else { return nil }
                self.apply(lsn, Bytes(rebasing: rest[offset..<length]), now: now)
                return length
            }
            guard let step else { break }
            used += step
        }
        self.held.removeFirst(used)
    }

    private func apply(_ lsn: LSN, _ mutation: Bytes, now: Milliseconds) {
        guard lsn == self.applied + 1 else {
            self.error = "LSN \(lsn) came after \(self.applied)"
            return
        }
        self.engine.keyspace.now = now
        do throws(ReplayError) {
            try self.replay.apply(mutation, lsn: lsn, to: &self.engine)
        } catch {
            self.error = error.description
        }
        self.mutations.append(mutation.text)
        self.applied = lsn
    }

    func contents() -> [String: String] { self.engine.contents() }
}

extension Engine {
    /// Every key with its value and expiry, as the commands tell them at time 0, when nothing has expired.
    mutating func contents() -> [String: String] {
        self.keyspace.now = 0
        var contents: [String: String] = [:]
        let table = CommandTable()
        for key in Self.bulks(in: self.run(table, ["KEYS", "*"], now: 0)) {
            contents[key] = self.run(table, ["GET", key], now: 0) + self.run(table, ["PEXPIRETIME", key], now: 0)
        }
        return contents
    }

    /// Carries out one command given as words.
    /// - Returns: its reply.
    mutating func run(_ table: CommandTable, _ words: [String], now: Milliseconds) -> String {
        let encoded = Writer()
        encoded.array(words.count)
        for word in words { encoded.bulk(word) }
        var parser = CommandParser()
        let reply = Writer()
        guard case .command = parser.next(in: encoded.bytes), let index = table.index(of: parser.current[0]),
            table.specs[index].accepts(argumentCount: words.count)
        else { return "-not a command of ours\r\n" }
        self.execute(table.specs[index].id, parser.current, now: now, reply)
        return reply.bytes.text
    }

    /// The elements of an array of bulk strings without CR or LF in them.
    private static func bulks(in reply: String) -> [String] {
        reply.split(separator: "\r\n").dropFirst().enumerated().filter { $0.offset % 2 == 1 }.map { String($0.element) }
    }
}

extension ReplicaModel {
    /// Attaches to an engine at its beginning, as its first link.
    func follow(_ engine: inout Engine) {
        let request = HandshakeRequest(position: 0, id: "model")
        engine.stream.linkOpened(number: 1, transport: 1, request: request, plan: .resume(.tip), now: 0)
        self.takeAll(from: &engine, now: 0)
    }

    /// Takes everything that the engine has for it.
    func takeAll(from engine: inout Engine, now: Milliseconds) {
        var hasMore = true
        while hasMore {
            hasMore = engine.stream.send(now: now) { _, _, bytes in
                self.receive(bytes, now: now)
                return .took(bytes.count)
            }
        }
    }
}
