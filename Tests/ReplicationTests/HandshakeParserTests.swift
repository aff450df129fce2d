import Primitives
import RESP
import Testing

@testable import Replication

@Suite struct HandshakeParserTests {
    private static let hex = String(repeating: "a1", count: 20)
    private static let short = encoded("REPLICATE", "FROM", "17", "ID", "r1")
    private static let long = encoded("REPLICATE", "FROM", "17", "ID", "r1", "HISTORY", hex, "REGION", "eu")
    private static let inline = Array("  replicate from 17 id \"r1\"\r\n".utf8)

    /// Gives pieces one after the other, up to the first answer.
    private func outcome(_ pieces: [[UInt8]]) -> HandshakeParser.Outcome {
        var parser = HandshakeParser()
        for piece in pieces {
            let outcome = piece.withUnsafeBytes { parser.received($0) }
            guard outcome == .incomplete else { return outcome }
        }
        return .incomplete
    }

    @Test("a handshake cut at any two places is the same handshake", arguments: [short, long, inline])
    func cuts(bytes: [UInt8]) {
        let whole = self.outcome([bytes])
        guard case .request(let request, consumed: bytes.count) = whole else {
            Issue.record("the whole handshake is not understood: \(whole)")
            return
        }
        #expect(request.position == 17 && request.id == "r1")
        for first in 0...bytes.count {
            for second in first...bytes.count {
                let pieces = [bytes[..<first], bytes[first..<second], bytes[second...]].map(Array.init)
                let last = pieces.last { !$0.isEmpty }?.count ?? 0
                #expect(self.outcome(pieces) == .request(request, consumed: last))
            }
        }
    }

    @Test("bytes that follow the handshake are left to the link", arguments: [0, 1, 20])
    func rest(cut: Int) {
        let tail = Array("REPLCONF ACK 17\r\n".utf8)
        let bytes = Self.short + tail
        let outcome = self.outcome([Array(bytes[..<cut]), Array(bytes[cut...])])
        #expect(outcome == .request(HandshakeRequest(position: 17, id: "r1"), consumed: Self.short.count - cut))
    }

    @Test("empty lines before the handshake are passed over")
    func emptyLines() {
        let request = HandshakeRequest(position: 17, id: "r1")
        let bytes = Array("\r\n\r\n*0\r\n".utf8) + Self.short
        #expect(self.outcome([bytes]) == .request(request, consumed: bytes.count))
        #expect(self.outcome(bytes.map { [$0] }) == .request(request, consumed: 1))
    }

    @Test("a handshake may be 4 KiB long and not a byte more")
    func limit() {
        let padding = HandshakeParser.longestHandshake - Self.short.count
        let blank = Array(String(repeating: "\r\n", count: padding / 2).utf8) + (padding % 2 == 0 ? [] : [0x0a])
        let fitting = blank + Self.short
        #expect(fitting.count == 4096)
        #expect(self.outcome([fitting]) == .request(HandshakeRequest(position: 17, id: "r1"), consumed: 4096))
        #expect(self.outcome([[0x0a] + fitting]) == .failed(.tooLong))
        #expect(self.outcome([[0x0a], fitting]) == .failed(.tooLong))
    }

    @Test("what never ends is refused once it passes the limit, however it comes", arguments: [1, 7, 4096, 65_536])
    func endless(piece: Int) {
        for head in ["*5\r\n$9\r\nREPLICATE\r\n$536870912\r\n", "REPLICATE FROM ", "\r\n"] {
            var parser = HandshakeParser()
            var outcome = Array(head.utf8).withUnsafeBytes { parser.received($0) }
            var given = 0
            while outcome == .incomplete, given < 200_000 {
                outcome = [UInt8](repeating: UInt8(ascii: "x"), count: piece).withUnsafeBytes { parser.received($0) }
                given += piece
            }
            #expect(outcome == .failed(.tooLong))
            #expect(given <= HandshakeParser.longestHandshake + piece)
        }
    }

    @Test(
        "bytes that are not RESP are refused with the reason",
        arguments: [
            ("*x\r\n", HandshakeError.malformed(.invalidArgumentCount)),
            ("*5\r\n+OK\r\n", .malformed(.expectedBulk(UInt8(ascii: "+")))),
            ("*5\r\n$-1\r\n", .malformed(.invalidBulkLength)),
            ("*5\r\n$4294967296\r\n", .malformed(.invalidBulkLength)),
            ("REPLICATE \"x\r\n", .malformed(.unbalancedQuotes)), ("PING\r\n", .wrongArity(1)),
            ("GET / HTTP/1.1\r\n", .wrongArity(3)),
        ]
    )
    func malformed(text: String, error: HandshakeError) {
        #expect(self.outcome([Array(text.utf8)]) == .failed(error))
        #expect(self.outcome(text.utf8.map { [$0] }) == .failed(error))
    }

    @Test("noise is refused or waited for, and never held beyond the limit")
    func noise() {
        var generator = SeededGenerator(seed: 11)
        for _ in 0..<300 {
            var parser = HandshakeParser()
            for _ in 0..<20 {
                let count = Int.random(in: 0..<600, using: &generator)
                let noise = (0..<count).map { _ in UInt8.random(in: 0 ... .max, using: &generator) }
                let outcome = noise.withUnsafeBytes { parser.received($0) }
                if case .request = outcome { Issue.record("noise passed for a handshake") }
                if outcome != .incomplete { break }
            }
        }
    }
}
