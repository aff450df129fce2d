import Primitives
import RDB
import RESP
import Testing

@Suite struct EncoderTests {
    /// Keys and values of every kind, length and form.
    static let records: [Record] = {
        let long = (0..<20_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let words =
            ["a", "", "12", "-129", "32768", "-2147483648", "2147483648", "012", "-", "-0", "+1", "1.5"]
            .map { [UInt8]($0) } + [
                Array(long[..<63]), Array(long[..<64]), Array(long[..<16_383]), Array(long[..<16_384]),
            ]
        var records = words.enumerated().map { index, word in
            Record(key: word, value: .string(words[words.count - 1 - index]), expiry: index % 3 == 0 ? 1 << index : nil)
        }
        records.append(Record(key: [UInt8]("l"), value: .list(words), expiry: nil))
        records.append(Record(key: [UInt8]("s"), value: .set(words), expiry: 7))
        records.append(Record(key: [UInt8]("h"), value: .hash(words.map { [$0, $0.reversed()] }), expiry: nil))
        let scores = words.indices.map {
            [0, -0.0, 1.5, .infinity, -.infinity, 1e300, Double.leastNonzeroMagnitude, 0.1][$0 % 8]
        }
        records.append(Record(key: [UInt8]("z"), value: .sortedSet(words, scores: scores), expiry: 1 << 42))
        return records
    }()

    static func file() -> [UInt8] {
        encode { encoder, writer in
            encoder.aux("redis-ver", "7.0.15", to: writer)
            encoder.aux("redis-bits", "64", to: writer)
            encoder.sizes(keys: self.records.count, expiring: 70_000, to: writer)
            for record in self.records { encoder.record(record, to: writer) }
        }
    }

    @Test("what was encoded is decoded, however the file is cut", arguments: [1, 2, 3, 7, 64, 1000, .max])
    func roundTrip(pieceBytes: Int) throws {
        let reading = try Reading(Self.file(), pieceBytes: pieceBytes)
        #expect(reading.records == Self.records)
        #expect(reading.aux == ["redis-ver": "7.0.15", "redis-bits": "64"])
        #expect(reading.sizes == [UInt64(Self.records.count), 70_000])
        #expect(reading.announced == [16, 16, 16, 16])
        #expect(reading.ended && reading.decoder.isFinished)
        #expect(reading.decoder.version == 9)
    }

    @Test("a small file is the same byte for byte as Redis writes it")
    func bytes() {
        let bytes = encode { encoder, writer in
            encoder.sizes(keys: 1, expiring: 1, to: writer)
            encoder.record(Record(key: [UInt8]("k"), value: .string([UInt8]("-7")), expiry: 0x0102), to: writer)
        }
        let expected =
            [UInt8]("REDIS0009") + [0xfe, 0, 0xfb, 1, 1, 0xfc, 2, 1, 0, 0, 0, 0, 0, 0, 0, 1] + [UInt8]("k")
            + [0xc0, 0xf9, 0xff]
        #expect(Array(bytes.dropLast(8)) == expected)
        #expect(Array(bytes.suffix(8)) == [UInt8](expected.withUnsafeBytes { CRC64.of($0) }))
    }

    @Test("a file without keys is a file")
    func empty() throws {
        let reading = try Reading(encode { _, _ in })
        #expect(reading.ended && reading.records.isEmpty)
    }
}
