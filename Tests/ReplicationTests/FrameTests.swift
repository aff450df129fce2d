import Primitives
import Testing

@testable import Replication

@Suite struct FrameTests {
    private func scan(_ text: String) -> FrameScan { Array(text.utf8).withUnsafeBytes { FrameScan($0) } }

    private func envelope(_ lsn: LSN) -> String {
        var bytes = [UInt8](repeating: 0, count: Frame.longestEnvelope)
        let length = bytes.withUnsafeMutableBytes { Frame.writeEnvelope(lsn, to: $0.baseAddress!) }
        return String(decoding: bytes.prefix(length), as: UTF8.self)
    }

    @Test("a frame is its offset, which is the LSN less one, in front of the command as it came")
    func bytes() {
        var backlog = Backlog(limitBytes: 1 << 20, chunkBytes: 4096)
        backlog.append(encoded("SET", "k", "v"))
        backlog.append(encoded("DEL", "k"))
        guard case .found(let cursor) = backlog.cursor(after: 0) else {
            Issue.record("the first frame is not found")
            return
        }
        let text = "*2\r\n:0\r\n*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n*2\r\n:1\r\n*2\r\n$3\r\nDEL\r\n$1\r\nk\r\n"
        #expect(String(decoding: backlog.rest(of: cursor), as: UTF8.self) == text)
    }

    @Test(
        "an envelope of any LSN that fits Int64 is written and read back",
        arguments: [1, 2, 10, 11, 100, 1 << 32, UInt64(Int64.max) - 1, UInt64(Int64.max)]
    )
    func envelopes(lsn: LSN) {
        let text = self.envelope(lsn)
        #expect(text == "*2\r\n:\(lsn - 1)\r\n")
        #expect(text.utf8.count <= Frame.longestEnvelope)
        let length = text.utf8.count
        #expect(self.scan(text + "*1\r\n$1\r\nx\r\n") == .frame(lsn, mutationOffset: length, length: length + 11))
    }

    @Test("a frame that is cut anywhere asks for more, and bytes behind it are not part of it")
    func cuts() {
        let frame = Array("*2\r\n:9223372036854775806\r\n".utf8) + encoded("SET", "key", "a\r\nb", "")
        for cut in 0..<frame.count {
            #expect(frame.prefix(cut).withUnsafeBytes { FrameScan($0) } == .incomplete, "cut at \(cut)")
        }
        for tail in ["", "*", "*2\r\n:1\r\n*1\r\n$1\r\nx\r\n", "garbage"] {
            let scan = (frame + Array(tail.utf8)).withUnsafeBytes { FrameScan($0) }
            #expect(scan == .frame(LSN(Int64.max), mutationOffset: 26, length: frame.count))
        }
    }

    @Test(
        "each malformation has its own error",
        arguments: [
            ("+PING 1 2\r\n", FrameError.malformedEnvelope), ("$2\r\n", .malformedEnvelope),
            ("*3\r\n:0\r\n", .malformedEnvelope), ("*1\r\n:0\r\n", .malformedEnvelope), ("*-1\r\n", .malformedEnvelope),
            ("*02\r\n", .malformedEnvelope), ("*2\rX", .malformedEnvelope), ("*x\r\n", .malformedEnvelope),
            ("*\r\n", .malformedEnvelope), ("*222222222222222222222", .malformedEnvelope),
            ("*2\r\n$1\r\n", .malformedOffset), ("*2\r\n:\r\n", .malformedOffset), ("*2\r\n:1x\r\n", .malformedOffset),
            ("*2\r\n:+1\r\n", .malformedOffset), ("*2\r\n:01\r\n", .malformedOffset),
            ("*2\r\n:9223372036854775807\r\n", .malformedOffset), ("*2\r\n:9223372036854775808\r\n", .malformedOffset),
            ("*2\r\n:99999999999999999999\r\n", .malformedOffset), ("*2\r\n:1\rX", .malformedOffset),
            ("*2\r\n:-1\r\n", .negativeOffset), ("*2\r\n:-9223372036854775808\r\n", .negativeOffset),
            ("*2\r\n:0\r\n:5\r\n", .malformedMutation), ("*2\r\n:0\r\n*0\r\n", .malformedMutation),
            ("*2\r\n:0\r\n*-1\r\n", .malformedMutation), ("*2\r\n:0\r\n*1048577\r\n", .malformedMutation),
            ("*2\r\n:0\r\n*1\r\n+OK\r\n", .malformedMutation), ("*2\r\n:0\r\n*1\r\n$-1\r\n", .malformedMutation),
            ("*2\r\n:0\r\n*1\r\n$536870913\r\n", .malformedMutation),
            ("*2\r\n:0\r\n*1\r\n$4294967296\r\n", .malformedMutation),
            ("*2\r\n:0\r\n*1\r\n$1\r\nxyz", .malformedMutation), ("*2\r\n:0\r\n*1\r\n$1\r\nx\rz", .malformedMutation),
        ]
    )
    func malformed(text: String, error: FrameError) {
        #expect(self.scan(text) == .failed(error))
    }

    @Test("whatever bytes come, a scan says what they are and reads nothing beyond them")
    func noise() {
        var generator = SeededGenerator(seed: 7)
        let alphabet = Array("*$:\r\n0123456789-x".utf8)
        for _ in 0..<20_000 {
            let count = Int.random(in: 0..<40, using: &generator)
            let noise = (0..<count).map { _ in alphabet.randomElement(using: &generator) ?? 0 }
            // A copy of exactly this size, so that the address sanitiser sees a read past its end.
            if case .frame(_, let mutationOffset, let length) = noise.withUnsafeBytes({ FrameScan($0) }) {
                #expect(mutationOffset < length && length <= noise.count)
            }
        }
    }
}
