import Primitives
import Testing

@testable import Replication

@Suite struct TopologyAnswerTests {
    private static let (mine, old) = (History(seed: 1), History(seed: 2))

    private static func bulk(_ text: String) -> String { "$\(text.utf8.count)\r\n\(text)\r\n" }

    private static func stream(port: Int, replicas: String = "*0\r\n") -> String {
        "*10\r\n" + Self.bulk("port") + ":\(port)\r\n" + Self.bulk("history") + Self.bulk(Self.mine.hex)
            + Self.bulk("position")
            + ":77\r\n" + Self.bulk("ancestors") + "*1\r\n*2\r\n" + Self.bulk(Self.old.hex) + ":50\r\n"
            + Self.bulk("replicas") + replicas
    }

    private static func answer(_ streams: [String]) -> String {
        "*6\r\n" + Self.bulk("epoch") + ":3\r\n" + Self.bulk("shards") + ":\(streams.count)\r\n" + Self.bulk("streams")
            + "*\(streams.count)\r\n" + streams.joined()
    }

    private func read(_ text: String) throws(TopologyError) -> TopologyAnswer? {
        let bytes = Array(text.utf8)
        var result: Result<TopologyAnswer?, TopologyError> = .success(nil)
        bytes.withUnsafeBytes { bytes in
            result = Result { () throws(TopologyError) in try TopologyAnswer.read(bytes) }
        }
        return try result.get()
    }

    @Test("ports, histories, ancestors and positions are read, however the answer is cut")
    func whole() throws {
        let replica = "*1\r\n*4\r\n" + Self.bulk("id") + Self.bulk("r1") + Self.bulk("sent") + "$-1\r\n"
        let text = Self.answer([Self.stream(port: 9), Self.stream(port: 10, replicas: replica)])
        let expected = TopologyAnswer(
            streams: [9, 10].map {
                TopologyAnswer.Stream(
                    port: $0,
                    history: Self.mine,
                    ancestors: [Ancestor(history: Self.old, left: 50)],
                    position: 77
                )
            }
        )
        #expect(try self.read(text) == expected)
        for length in 0..<text.utf8.count {
            #expect(try self.read(String(decoding: text.utf8.prefix(length), as: UTF8.self)) == nil, "cut at \(length)")
        }
    }

    @Test("an error is told in its words, and what is no topology is malformed")
    func useless() {
        #expect(throws: TopologyError.refused("ERR unknown command 'REPL.TOPOLOGY'")) {
            try self.read("-ERR unknown command 'REPL.TOPOLOGY'\r\n")
        }
        let deep = String(repeating: "*1\r\n", count: 100)
        for text in [
            "+OK\r\n", "*0\r\n", ":1\r\n", "$-1\r\n", "\r\n", "HTTP/1.1 400\r\n", "*1\r\n+x\r\n", deep, Self.answer([]),
            Self.answer([Self.stream(port: 0)]), Self.answer([Self.stream(port: 70_000)]), "*99999999\r\n",
            Self.answer([Self.stream(port: 5).replacing(Self.mine.hex, with: String(repeating: "0", count: 40))]),
        ] {
            #expect(throws: TopologyError.malformed, "\(text)") { try self.read(text) }
        }
    }
}
