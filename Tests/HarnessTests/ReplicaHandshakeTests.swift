import Testing

@testable import Harness

@Suite struct ReplicaHandshakeTests {
    private let history = String(repeating: "ab", count: 20)

    /// Feeds text byte by byte and returns the actions other than waiting, and what was left over.
    private func play(
        _ handshake: inout ReplicaHandshake,
        _ text: String
    ) throws -> (actions: [ReplicaHandshake.Action], rest: [UInt8]) {
        var input: ArraySlice<UInt8> = []
        var actions: [ReplicaHandshake.Action] = []
        for (index, byte) in text.utf8.enumerated() {
            input.append(byte)
            let action = try handshake.receive(&input)
            if action != .wait { actions.append(action) }
            if case .stream = action { return (actions, Array(input) + text.utf8.dropFirst(index + 1)) }
        }
        return (actions, Array(input))
    }

    @Test("a replica at a position asks in the long form and streams from there")
    func replicate() throws {
        let start = StartingPoint.position(42, history: self.history)
        var (handshake, opening) = ReplicaHandshake.begin(.replicate, id: "r1", at: start)
        let words = ["REPLICATE", "FROM", "42", "ID", "r1", "HISTORY", self.history]
        #expect(opening == CommandEncoder.bytes(words))
        let (actions, rest) = try self.play(&handshake, "+ACK 42 \(self.history)\r\n*2\r\n")
        #expect(actions == [.stream(position: 42)])
        #expect(rest == Array("*2\r\n".utf8))
    }

    @Test("a newcomer claims position 0 of no history")
    func newcomer() {
        let opening = ReplicaHandshake.begin(.replicate, id: "r1", at: .nothing).opening
        let zeros = String(repeating: "0", count: 40)
        #expect(opening == CommandEncoder.bytes(["REPLICATE", "FROM", "0", "ID", "r1", "HISTORY", zeros]))
    }

    @Test("a password goes before everything else of a PSYNC, and its answer is waited for")
    func password() throws {
        let greeting = CommandEncoder.bytes(["AUTH", "word"])
        var (handshake, opening) = ReplicaHandshake.begin(.psync, id: "r1", at: .nothing, greeting: greeting)
        #expect(opening == greeting + ReplicaHandshake.greeting)
        let (actions, _) = try self.play(&handshake, "+OK\r\n+PONG\r\n+OK\r\n+OK\r\n")
        #expect(actions == [.send(ReplicaHandshake.introduction), .send(ReplicaHandshake.psync(.nothing))])
        var refused = ReplicaHandshake.begin(.psync, id: "r1", at: .nothing, greeting: greeting).handshake
        #expect(throws: StreamError.self) { try self.play(&refused, "-WRONGPASS no\r\n") }
    }

    @Test("an answer for another position is refused")
    func wrongPosition() {
        let start = StartingPoint.position(42, history: self.history)
        var handshake = ReplicaHandshake.begin(.replicate, id: "r1", at: start).handshake
        #expect(throws: StreamError.self) { try self.play(&handshake, "+ACK 41 \(self.history)\r\n") }
    }

    /// What every PSYNC begins with.
    private let courtesies = "+PONG\r\n+OK\r\n+OK\r\n"

    @Test(
        "a PSYNC that may continue asks for the byte after its last",
        arguments: ["+CONTINUE\r\n", "+CONTINUE abc\r\n"]
    )
    func continues(answer: String) throws {
        let start = StartingPoint.position(99, history: self.history)
        var (handshake, opening) = ReplicaHandshake.begin(.psync, id: "r1", at: start)
        #expect(opening == CommandEncoder.bytes(["PING"]))
        let request = CommandEncoder.bytes(["PSYNC", self.history, "100"])
        let (actions, _) = try self.play(&handshake, self.courtesies + answer)
        #expect(actions == [.send(ReplicaHandshake.introduction), .send(request), .stream(position: 99)])
    }

    @Test(
        "a newcomer is told how its copy is framed",
        arguments: [
            ("\n\n$5\r\n", CopyFraming.sized(5, position: 17)),
            ("$EOF:\(mark)\r\n", .marked(Array(mark.utf8), position: 17)),
        ]
    )
    func copies(header: String, framing: CopyFraming) throws {
        var handshake = ReplicaHandshake.begin(.psync, id: "r1", at: .nothing).handshake
        let text = self.courtesies + "+FULLRESYNC \(self.history) 17\r\n\(header)"
        let (actions, rest) = try self.play(&handshake, text)
        let request = CommandEncoder.bytes(["PSYNC", "?", "-1"])
        #expect(actions == [.send(ReplicaHandshake.introduction), .send(request), .copy(framing)])
        #expect(rest.isEmpty)
    }

    private static let mark = "0123456789abcdefghijklmnopqrstuvwxyzABCD"

    @Test("an error, nonsense, or a line without an end is the end", arguments: ["-ERR no\r\n", "+WHAT\r\n", "$5\r\n"])
    func refused(answer: String) {
        let start = StartingPoint.position(1, history: self.history)
        for dialect in [Dialect.replicate, .psync] {
            var handshake = ReplicaHandshake.begin(dialect, id: "r1", at: start).handshake
            #expect(throws: StreamError.self) { try self.play(&handshake, answer) }
        }
        var handshake = ReplicaHandshake.begin(.replicate, id: "r1", at: start).handshake
        #expect(throws: StreamError.self) { try self.play(&handshake, String(repeating: "+", count: 5000)) }
    }
}
