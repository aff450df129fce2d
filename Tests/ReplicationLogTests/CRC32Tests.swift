import CIntrinsics
import Primitives
import Testing

@testable import ReplicationLog

@Suite struct CRC32Tests {
    private static let vectors: [(String, UInt32)] = [
        ("", 0), ("a", 0xe8b7_be43), ("abc", 0x3524_41c2), ("123456789", 0xcbf4_3926),
        ("The quick brown fox jumps over the lazy dog", 0x414f_a339),
    ]

    private let bytes: [UInt8] = {
        var generator = SeededGenerator(seed: 1)
        return (0..<5_000).map { _ in .random(in: 0...255, using: &generator) }
    }()

    @Test("known texts have their known checksums", arguments: Self.vectors)
    func known(text: String, checksum: UInt32) {
        let bytes = Array(text.utf8)
        bytes.withUnsafeBytes { bytes in
            #expect(CRC32.of(bytes) == checksum)
            #expect(cintrinsics_crc32_tables(0, bytes.baseAddress, bytes.count) == checksum)
        }
        #expect(slowChecksum(bytes) == checksum)
    }

    @Test("every length at every alignment, continuing from anything, agrees with the definition")
    func everyLength() {
        self.bytes.withUnsafeBytes { bytes in
            for alignment in 0..<17 {
                var previous: UInt32 = 0
                for length in 0...300 {
                    let part = Bytes(rebasing: bytes[(alignment + length)..<(alignment + 2 * length)])
                    let expected = slowChecksum(Array(part), continuing: previous)
                    let fast = cintrinsics_crc32(previous, part.baseAddress, length)
                    let plain = cintrinsics_crc32_tables(previous, part.baseAddress, length)
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
            for length in [16, 37, 100, 161, 300] {
                let whole = CRC32.of(Bytes(rebasing: bytes[..<length]))
                for cut in 0...length {
                    let first = cintrinsics_crc32(0, bytes.baseAddress, cut)
                    let both = cintrinsics_crc32(first, bytes.baseAddress.map { $0 + cut }, length - cut)
                    if both != whole { Issue.record("\(length) bytes cut at \(cut)") }
                }
            }
        }
    }

    @Test("long inputs agree with the definition")
    func long() {
        for length in stride(from: 301, through: 5_000, by: 47) {
            let part = Array(self.bytes[..<length])
            #expect(part.withUnsafeBytes { CRC32.of($0) } == slowChecksum(part))
        }
    }

    @Test("zeros count")
    func zeros() {
        // Where zeros stand in front, the checksum must still tell how many.
        var seen: Set<UInt32> = []
        for length in 0...300 {
            let zeros = [UInt8](repeating: 0, count: length)
            let checksum = zeros.withUnsafeBytes { CRC32.of($0) }
            #expect(checksum == slowChecksum(zeros))
            seen.insert(checksum)
        }
        #expect(seen.count == 301)
    }
}
