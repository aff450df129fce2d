import Primitives
import Testing

@testable import Replication

@Suite struct LinkInputTests {
    private func reports(_ pieces: [[UInt8]]) -> [LinkReport] {
        var input = LinkInput()
        var list: [LinkReport] = []
        for piece in pieces {
            let isWithinLimit = piece.withUnsafeBytes { bytes in input.received(bytes) { list.append($0) } }
            #expect(isWithinLimit)
        }
        return list
    }

    private func reports(_ text: String) -> [LinkReport] { self.reports([Array(text.utf8)]) }

    @Test(
        "acknowledgements and states are read in either spelling",
        arguments: [
            ("REPLCONF ACK 5\r\n", LinkReport.acknowledged(applied: 5, durable: nil)),
            ("replconf ack 5 3\n", .acknowledged(applied: 5, durable: 3)),
            ("*3\r\n$8\r\nREPLCONF\r\n$3\r\nACK\r\n$1\r\n0\r\n", .acknowledged(applied: 0, durable: nil)),
            ("REPLCONF ACK 18446744073709551615\r\n", .acknowledged(applied: .max, durable: nil)),
            ("REPLCONF STATE 1 2 1\r\n", .state(applyErrors: 1, divergences: 2, isRebootstrapping: true)),
            ("REPLCONF state 0 0 0\r\n", .state(applyErrors: 0, divergences: 0, isRebootstrapping: false)),
        ]
    )
    func known(text: String, report: LinkReport) { #expect(self.reports(text) == [report]) }

    @Test(
        "what is not understood is skipped up to its line end, and what follows is read",
        arguments: [
            "PING\r\n", "\r\n", "*0\r\n", "REPLCONF\r\n", "REPLCONF ACK\r\n", "REPLCONF ACK x\r\n",
            "REPLCONF ACK -1\r\n", "REPLCONF ACK 18446744073709551616\r\n", "REPLCONF GETACK *\r\n",
            "REPLCONF STATE 1 2\r\n", "REPLCONF STATE x 2 1\r\n", "*x\r\n", "*1\r\n+no\r\n", "say \"what\r\n",
            "*2\r\n$-1\r\n", "$5\r\nhello\r\n", "\u{0}\u{1}\u{2}\r\n", "*99999999999\r\n",
        ]
    )
    func unknown(line: String) {
        let expected = [LinkReport.acknowledged(applied: 7, durable: nil)]
        #expect(self.reports(line + "REPLCONF ACK 7\r\n") == expected)
        #expect(self.reports((line + "REPLCONF ACK 7\r\n").utf8.map { [$0] }) == expected)
    }

    @Test("reports cut at any two places are the same reports")
    func cuts() {
        let text = "REPLCONF ACK 1\r\nnews\r\n*4\r\n$8\r\nREPLCONF\r\n$3\r\nACK\r\n$1\r\n2\r\n$1\r\n1\r\n"
        let bytes = Array((text + "REPLCONF STATE 3 4 1\r\n").utf8)
        let expected: [LinkReport] = [
            .acknowledged(applied: 1, durable: nil), .acknowledged(applied: 2, durable: 1),
            .state(applyErrors: 3, divergences: 4, isRebootstrapping: true),
        ]
        for first in 0...bytes.count {
            for second in first...bytes.count {
                let pieces = [bytes[..<first], bytes[first..<second], bytes[second...]].map(Array.init)
                #expect(self.reports(pieces) == expected)
            }
        }
    }

    @Test(
        "a line or a command without an end closes the link at 64 KiB",
        arguments: ["", "*3\r\n$536870912\r\n", "*1000000\r\n"]
    )
    func limit(head: String) {
        var input = LinkInput()
        var bytes = Array(head.utf8) + [UInt8](repeating: UInt8(ascii: "x"), count: LinkInput.longestInput + 1)
        if head.hasPrefix("*1000000") {
            bytes = Array(head.utf8) + Array(String(repeating: "$0\r\n\r\n", count: 12_000).utf8)
        }
        let fitting = bytes.prefix(LinkInput.longestInput)
        #expect(fitting.withUnsafeBytes { input.received($0) { _ in Issue.record("nothing was reported") } })
        #expect(!bytes[fitting.count...].prefix(1).withUnsafeBytes { input.received($0) { _ in } })
    }

    @Test("a long life of short reports keeps nothing")
    func steady() {
        var input = LinkInput()
        var count = 0
        for number in 0..<20_000 {
            let line = Array("REPLCONF ACK \(number)\r\nREPL".utf8)
            let rest = Array("CONF ACK \(number)\r\n".utf8)
            #expect(line.withUnsafeBytes { input.received($0) { _ in count += 1 } })
            #expect(rest.withUnsafeBytes { input.received($0) { _ in count += 1 } })
        }
        #expect(count == 40_000)
    }

    @Test("many reports come to the furthest positions and the last state")
    func merged() {
        var merged = MergedReports()
        for applied in [3, 9, 4] as [Position] { merged.add(.acknowledged(applied: applied, durable: nil)) }
        merged.add(.state(applyErrors: 1, divergences: 0, isRebootstrapping: true))
        merged.add(.acknowledged(applied: 5, durable: 2))
        merged.add(.state(applyErrors: 2, divergences: 1, isRebootstrapping: false))
        merged.add(.acknowledged(applied: 6, durable: 1))
        #expect(
            merged.reports == [
                .acknowledged(applied: 9, durable: 2),
                .state(applyErrors: 2, divergences: 1, isRebootstrapping: false),
            ]
        )
    }
}
