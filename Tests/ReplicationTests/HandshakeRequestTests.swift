import Primitives
import RESP
import Testing

@testable import Replication

@Suite struct HandshakeRequestTests {
    private static let hex = "0123456789abcdef0123456789abcdef01234567"

    /// Parses words as one command; they may hold any bytes.
    private func request(_ words: [String]) -> Result<HandshakeRequest, HandshakeError> {
        self.request(words.map { Array($0.utf8) })
    }

    private func request(_ words: [[UInt8]]) -> Result<HandshakeRequest, HandshakeError> {
        let writer = Writer()
        writer.array(words.count)
        for word in words { word.withUnsafeBytes { writer.bulk($0) } }
        var parser = CommandParser()
        guard case .command = parser.next(in: writer.bytes) else { return .failure(.tooLong) }
        do throws(HandshakeError) {
            return .success(try HandshakeRequest(parser.current))
        } catch {
            return .failure(error)
        }
    }

    @Test("the short and the long form are understood, keywords in any case")
    func forms() throws {
        let history = try #require(Array(Self.hex.utf8).withUnsafeBytes { History(hex: $0) })
        #expect(
            self.request(["rePLicate", "from", "0", "iD", "replica-ü"])
                == .success(HandshakeRequest(position: 0, id: "replica-ü"))
        )
        #expect(
            self.request(["REPLICATE", "FROM", "9223372036854775807", "ID", "r", "history", Self.hex.uppercased()])
                == .success(HandshakeRequest(position: Position(Int64.max), id: "r", history: history))
        )
        #expect(
            self.request(["REPLICATE", "FROM", "5", "ID", "r", "HISTORY", Self.hex, "region", "eu-1"])
                == .success(HandshakeRequest(position: 5, id: "r", history: history, region: "eu-1"))
        )
    }

    /// Every row is wrong in the place named and in all that are checked after it.
    @Test(
        "mistakes are reported in the protocol's order: arity, verb, FROM, position, ID, id, HISTORY, REGION",
        arguments: [
            (["PSYNC"], HandshakeError.wrongArity(1)),
            (["SYNC", "x", "y", "z"], .wrongArity(4)), (["a", "b", "c", "d", "e", "f"], .wrongArity(6)),
            (["a", "b", "c", "d", "e", "f", "g", "h"], .wrongArity(8)),
            (["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"], .wrongArity(10)),
            (["SYNC", "x", "-1", "x", "", "x", "x", "x", ""], .wrongVerb),
            (["REPLICATE", "x", "-1", "x", "", "x", "x", "x", ""], .expectedFrom),
            (["REPLICATE", "FROM", "-1", "x", "", "x", "x", "x", ""], .invalidPosition),
            (["REPLICATE", "FROM", "9223372036854775808", "ID", "r"], .invalidPosition),
            (["REPLICATE", "FROM", "18446744073709551616", "ID", "r"], .invalidPosition),
            (["REPLICATE", "FROM", "", "ID", "r"], .invalidPosition),
            (["REPLICATE", "FROM", "1e3", "ID", "r"], .invalidPosition),
            (["REPLICATE", "FROM", "0", "x", "", "x", "x", "x", ""], .expectedID),
            (["REPLICATE", "FROM", "0", "ID", "", "x", "x", "x", ""], .invalidID),
            (["REPLICATE", "FROM", "0", "ID", String(repeating: "i", count: 257)], .invalidID),
            (["REPLICATE", "FROM", "0", "ID", "r", "x", "x", "x", ""], .expectedHistory),
            (["REPLICATE", "FROM", "0", "ID", "r", "HISTORY", "x", "x", ""], .invalidHistory),
            (["REPLICATE", "FROM", "0", "ID", "r", "HISTORY", String(hex.dropLast())], .invalidHistory),
            (["REPLICATE", "FROM", "0", "ID", "r", "HISTORY", String(hex.dropLast()) + "g"], .invalidHistory),
            (["REPLICATE", "FROM", "0", "ID", "r", "HISTORY", hex, "x", ""], .expectedRegion),
            (["REPLICATE", "FROM", "0", "ID", "r", "HISTORY", hex, "REGION", ""], .invalidRegion),
        ]
    )
    func mistakes(words: [String], error: HandshakeError) {
        #expect(self.request(words) == .failure(error))
        #expect(error.message.hasPrefix("ERR "))
    }

    @Test("the arity error names the count")
    func arityMessage() { #expect(HandshakeError.wrongArity(6).message.contains("6")) }

    @Test("an id is up to 256 bytes of valid UTF-8")
    func ids() {
        let head = ["REPLICATE", "FROM", "0", "ID"].map { Array($0.utf8) }
        let longest = [UInt8](repeating: UInt8(ascii: "i"), count: 256)
        #expect(
            self.request(head + [longest])
                == .success(HandshakeRequest(position: 0, id: String(repeating: "i", count: 256)))
        )
        #expect(self.request(head + [[0xff, 0xfe]]) == .failure(.invalidID))
        #expect(self.request(head + [[0xc3]]) == .failure(.invalidID))
    }

    @Test("the answer echoes the position asked, and tells the history to the long form alone")
    func acknowledgement() {
        let history = History(seed: 1)
        let short = HandshakeRequest(position: 12, id: "r")
        #expect(short.acknowledgement(history: history) == "+ACK 12\r\n")
        let long = HandshakeRequest(position: 0, id: "r", history: History.none)
        #expect(long.acknowledgement(history: history) == "+ACK 0 \(history.hex)\r\n")
        #expect(history.hex.utf8.count == 40 && History.none.hex == String(repeating: "0", count: 40))
    }
}
