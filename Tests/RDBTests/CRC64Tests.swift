import CIntrinsics
import Primitives
import RDB
import Testing

/// Bit by bit, as the checksum is defined.
private func slowChecksum(_ bytes: some Sequence<UInt8>, continuing previous: UInt64 = 0) -> UInt64 {
    var checksum = previous
    for byte in bytes {
        checksum ^= UInt64(byte)
        for _ in 0..<8 {
            checksum = checksum & 1 == 0 ? checksum >> 1 : checksum >> 1 ^ 0x95ac_9329_ac4b_c9b5
        }
    }
    return checksum
}

@Suite struct CRC64Tests {
    private let bytes: [UInt8] = {
        var generator = SeededGenerator(seed: 1)
        return (0..<5_000).map { _ in .random(in: 0...255, using: &generator) }
    }()

    @Test("the known text has its known checksum, and nothing has none")
    func known() {
        Array("123456789".utf8).withUnsafeBytes { bytes in
            #expect(CRC64.of(bytes) == 0xe9c6_d914_c4b8_d9ca)
            #expect(cintrinsics_crc64_tables(0, bytes.baseAddress, bytes.count) == 0xe9c6_d914_c4b8_d9ca)
        }
        #expect(slowChecksum(Array("123456789".utf8)) == 0xe9c6_d914_c4b8_d9ca)
        #expect(CRC64.of(Bytes(start: nil, count: 0)) == 0)
    }

    @Test("every length at every alignment, continuing from anything, agrees with the definition")
    func everyLength() {
        self.bytes.withUnsafeBytes { bytes in
            for alignment in 0..<17 {
                var previous: UInt64 = 0
                for length in 0...300 {
                    let part = Bytes(rebasing: bytes[(alignment + length)..<(alignment + 2 * length)])
                    let expected = slowChecksum(part, continuing: previous)
                    let fast = cintrinsics_crc64(previous, part.baseAddress, length)
                    let plain = cintrinsics_crc64_tables(previous, part.baseAddress, length)
                    if fast != expected || plain != expected {
                        Issue.record("\(length) bytes from \(alignment): \(fast) and \(plain) for \(expected)")
                    }
                    previous = expected
                }
            }
        }
    }

    @Test("a checksum taken in two parts is that of the whole, wherever it is cut")
    func parts() {
        self.bytes.withUnsafeBytes { bytes in
            let whole = slowChecksum(bytes)
            for cut in stride(from: 0, through: bytes.count, by: 7) {
                let first = CRC64.of(Bytes(rebasing: bytes[..<cut]))
                if CRC64.of(Bytes(rebasing: bytes[cut...]), continuing: first) != whole {
                    Issue.record("cut at \(cut)")
                }
            }
        }
    }
}
