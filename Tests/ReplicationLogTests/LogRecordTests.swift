import Primitives
import Testing

@testable import ReplicationLog

@Suite struct LogRecordTests {
    /// LSN 0x0102030405060708 of term 9, written at 1 700 000 000 000 ms, with the payload "hello".
    private static let sample: [UInt8] = [
        0x52, 0x44, 0x4c, 0x57,  // RDLW
        0x03,
        0x09, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x08, 0x07, 0x06, 0x05, 0x04, 0x03, 0x02, 0x01,
        0x00, 0x68, 0xe5, 0xcf, 0x8b, 0x01, 0x00, 0x00,
        0x05, 0x00, 0x00, 0x00,
        0x68, 0x65, 0x6c, 0x6c, 0x6f,
        0xb0, 0x21, 0x97, 0x6c,
    ]

    private static let sampleScan = RecordScan.record(
        lsn: 0x0102_0304_0506_0708,
        term: 9,
        timestamp: 1_700_000_000_000,
        payloadBytes: 5
    )

    private func written(_ payload: [UInt8], lsn: LSN, term: UInt64 = 1, timestamp: Milliseconds = 0) -> [UInt8] {
        var target = [UInt8](repeating: 0xee, count: payload.count + LogRecord.overheadBytes + 1)
        let length = target.withUnsafeMutableBytes { target in
            guard let base = target.baseAddress else { return 0 }
            return payload.withUnsafeBytes {
                LogRecord.write(lsn: lsn, term: term, timestamp: timestamp, payload: $0, to: base)
            }
        }
        #expect(length == payload.count + LogRecord.overheadBytes)
        #expect(target.removeLast() == 0xee, "a byte beyond the record was written")
        return target
    }

    private func scan(_ bytes: some Sequence<UInt8>, checksum: Bool = true) -> RecordScan {
        // Memory of exactly this size, so that a sanitizer sees a read beyond it.
        Array(bytes).withUnsafeBytes { RecordScan($0, checksum: checksum) }
    }

    @Test("a record has exactly the bytes that the format says")
    func exactBytes() {
        let bytes = self.written(
            Array("hello".utf8),
            lsn: 0x0102_0304_0506_0708,
            term: 9,
            timestamp: 1_700_000_000_000
        )
        #expect(bytes == Self.sample)
        #expect(bytes.suffix(4) == littleEndian(slowChecksum(Array(Self.sample[4..<38])))[...])
        #expect(self.scan(bytes) == Self.sampleScan)
    }

    @Test("what is written is read back, whatever its size and numbers")
    func roundTrip() {
        var generator = SeededGenerator(seed: 2)
        let numbers: [UInt64] = [0, 1, 1 << 32, .max]
        for count in Array(0...70) + [127, 128, 1_000, 65_536] {
            let payload: [UInt8] = (0..<count).map { _ in .random(in: 0...255, using: &generator) }
            let lsn = numbers[count % 4]
            let term = numbers[(count + 1) % 4]
            let timestamp = Milliseconds(bitPattern: numbers[(count + 2) % 4])
            let bytes = self.written(payload, lsn: lsn, term: term, timestamp: timestamp)
            #expect(bytes == expectedRecord(lsn: lsn, term: term, timestamp: timestamp, payload: payload))
            let expected = RecordScan.record(lsn: lsn, term: term, timestamp: timestamp, payloadBytes: count)
            #expect(self.scan(bytes) == expected)
            #expect(self.scan(bytes + [1, 2, 3]) == expected, "what follows a record is not looked at")
        }
    }

    @Test("a record cut anywhere is a beginning, with the damage that it is if nothing follows")
    func truncated() {
        for count in 0..<Self.sample.count {
            let expected: RecordScan =
                switch count {
                case ..<33: .incomplete(.tornHeader, needed: 33)
                case ..<38: .incomplete(.tornPayload, needed: 42)
                default: .incomplete(.tornChecksum, needed: 42)
                }
            #expect(self.scan(Self.sample[..<count]) == expected, "cut at \(count)")
        }
        // Without a payload there is no torn payload.
        let empty = self.written([], lsn: 1)
        #expect(self.scan(empty[..<33]) == .incomplete(.tornChecksum, needed: 37))
    }

    @Test("a record with any one bit flipped is never taken for one")
    func flipped() {
        for bit in 0..<(Self.sample.count * 8) {
            var bytes = Self.sample
            bytes[bit / 8] ^= 1 << (bit % 8)
            switch (bit / 8, self.scan(bytes)) {
            case (0..<4, .damaged(.badMagic)), (4, .damaged(.unknownVersion)): break
            case (29..<33, .incomplete(.tornPayload, let needed)), (29..<33, .incomplete(.tornChecksum, let needed)):
                #expect(needed > Self.sample.count)
            case (29..<33, .damaged(.payloadTooLong)), (5..., .damaged(.checksumMismatch)): break
            case (_, let scan): Issue.record("bit \(bit) gives \(scan)")
            }
            // More bytes behind it do not make it a record either.
            if case .record = self.scan(bytes + Self.sample) { Issue.record("bit \(bit) is not noticed") }
        }
    }

    @Test("a record cut and flipped is never taken for one")
    func cutAndFlipped() {
        for count in 0..<Self.sample.count {
            for bit in 0..<(count * 8) {
                var bytes = Array(Self.sample[..<count])
                bytes[bit / 8] ^= 1 << (bit % 8)
                if case .record = self.scan(bytes) { Issue.record("bit \(bit) of \(count) bytes is not noticed") }
            }
        }
    }

    @Test("versions 1 and 2 are unknown in a file of our own")
    func otherVersions() {
        for version: UInt8 in [0, 1, 2, 4, 255] {
            var bytes = expectedRecord(version: version == 1 ? 1 : 2, lsn: 1, payload: [1, 2, 3])
            bytes[4] = version
            #expect(self.scan(bytes) == .damaged(.unknownVersion))
        }
    }

    @Test("a short tail that does not begin a record is told at once")
    func shortTails() {
        #expect(self.scan([]) == .incomplete(.tornHeader, needed: 33))
        for tail: [UInt8] in [[0], [0x52, 0], [0x52, 0x44, 0], [0x52, 0x44, 0x4c, 0]] {
            #expect(self.scan(tail) == .damaged(.badMagic))
        }
        #expect(self.scan([0x52, 0x44, 0x4c, 0x57, 0]) == .damaged(.unknownVersion))
    }

    @Test("a length is accepted up to the limit and no further")
    func limits() {
        let limit: UInt32 = 256 << 20
        for (length, expected) in [
            (limit, RecordScan.incomplete(.tornPayload, needed: Int(limit) + 37)),
            (limit + 1, .damaged(.payloadTooLong)),
            (.max, .damaged(.payloadTooLong)),
        ] {
            var header = Array(Self.sample[..<33])
            header.replaceSubrange(29..., with: littleEndian(length))
            #expect(self.scan(header) == expected)
        }
    }

    @Test("who has verified the bytes before may leave the checksum out")
    func unverified() {
        var bytes = Self.sample
        bytes[41] ^= 1
        #expect(self.scan(bytes) == .damaged(.checksumMismatch))
        #expect(self.scan(bytes, checksum: false) == Self.sampleScan)
        #expect(self.scan(bytes.dropLast(), checksum: false) == .incomplete(.tornChecksum, needed: 42))
    }
}
