import Primitives
import Simulation
import Testing

@testable import ReplicationLog

/// A record of a spool, with bytes of its own.
private struct SpoolRecord: Equatable {
    var version: UInt8
    var lsn: LSN
    var term: UInt64 = 1
    var timestamp: Milliseconds = 0
    var payload: [UInt8]

    var bytes: [UInt8] {
        expectedRecord(
            version: self.version,
            lsn: self.lsn,
            term: self.term,
            timestamp: self.timestamp,
            payload: self.payload
        )
    }
}

@Suite struct SpoolReaderTests {
    private static let readAheads = [21, 64, 256 << 10]

    /// One of each version, in an order in which headers of different lengths follow each other.
    private static let mixture = [
        SpoolRecord(version: 2, lsn: 500, timestamp: 1_700_000_000_000, payload: Array("two".utf8)),
        SpoolRecord(version: 1, lsn: 501, payload: Array("one".utf8)),
        SpoolRecord(version: 3, lsn: 502, term: 7, timestamp: -5, payload: Array("three".utf8)),
        SpoolRecord(version: 1, lsn: 503, payload: []),
        SpoolRecord(version: 2, lsn: 510, timestamp: 1, payload: []),
        SpoolRecord(version: 3, lsn: 1 << 40, term: .max, timestamp: 2, payload: [UInt8](repeating: 9, count: 200)),
        SpoolRecord(version: 2, lsn: 1 << 40 + 1, timestamp: 3, payload: [0x52, 0x44, 0x4c, 0x57]),
    ]

    private func read(
        _ bytes: [UInt8],
        readAheadBytes: Int = 64
    ) throws -> (records: [RecordCopy], report: SpoolReport, storage: FaultyStorage) {
        let storage = FaultyStorage()
        storage.install("a.logical.wal", bytes)
        var records: [RecordCopy] = []
        let file = try storage.open("a.logical.wal", create: false)
        let report = try SpoolReader.read(file, readAheadBytes: readAheadBytes) { (view) throws(LogError) in
            records.append(RecordCopy(view))
        }
        #expect(report.records == records.count)
        #expect(report.first == records.first?.lsn && report.last == records.last?.lsn)
        #expect(report.bytes == bytes.count - (report.stop?.bytesLeft ?? 0))
        return (records, report, storage)
    }

    @Test("every version is read, alone and in any mixture, whatever the buffer", arguments: Self.readAheads)
    func versions(readAheadBytes: Int) throws {
        for version: UInt8 in 1...3 {
            let spool = (1...50 as ClosedRange<UInt64>).map {
                SpoolRecord(version: version, lsn: $0, payload: [UInt8](repeating: UInt8($0), count: Int($0) * 3 - 3))
            }
            let (records, report, _) = try self.read(spool.flatMap(\.bytes), readAheadBytes: readAheadBytes)
            #expect(records == spool.map { RecordCopy(lsn: $0.lsn, term: 1, timestamp: 0, payload: $0.payload) })
            #expect(report.recordsByVersion[Int(version) - 1] == 50)
            #expect(report.stop == nil && report.gapCount == 0)
        }
        let (records, report, _) = try self.read(Self.mixture.flatMap(\.bytes), readAheadBytes: readAheadBytes)
        let expected = Self.mixture.map {
            RecordCopy(lsn: $0.lsn, term: $0.term, timestamp: $0.timestamp, payload: $0.payload)
        }
        #expect(records == expected)
        #expect(report.recordsByVersion == [2, 3, 2] && report.stop == nil)
        #expect(
            report.gaps == [
                SpoolReport.Gap(first: 504, last: 509), SpoolReport.Gap(first: 511, last: 1 << 40 - 1),
            ]
        )
    }

    @Test("an empty spool has nothing in it")
    func empty() throws {
        let (_, report, _) = try self.read([])
        #expect(report == SpoolReport())
    }

    @Test("a spool starts anywhere, and what is missing before its first record is no gap")
    func startsAnywhere() throws {
        for first: LSN in [1, 2, 77, LSN(Int64.max)] {
            let (_, report, _) = try self.read(SpoolRecord(version: 2, lsn: first, payload: [1]).bytes)
            #expect(report.first == first && report.gapCount == 0 && report.stop == nil)
        }
    }

    @Test("all gaps are counted, and the first sixteen told")
    func gaps() throws {
        let spool = (0..<40 as Range<LSN>).flatMap { SpoolRecord(version: 1, lsn: 10 + 3 * $0, payload: [1]).bytes }
        let (_, report, _) = try self.read(spool)
        #expect(report.gapCount == 39)
        #expect(report.gaps == (0..<16).map { SpoolReport.Gap(first: 11 + 3 * $0, last: 12 + 3 * $0) })
    }

    @Test("a spool cut at any byte gives the whole records before the cut, and says what is torn")
    func cutAnywhere() throws {
        let whole = Self.mixture.flatMap(\.bytes)
        for readAheadBytes in Self.readAheads {
            var starts = [0]
            for record in Self.mixture { starts.append(starts[starts.count - 1] + record.bytes.count) }
            for cut in 0...whole.count {
                let index = starts.lastIndex { $0 <= cut } ?? 0
                let (records, report, _) = try self.read(Array(whole[..<cut]), readAheadBytes: readAheadBytes)
                #expect(records.map(\.lsn) == Self.mixture[..<index].map(\.lsn), "cut at \(cut)")
                let torn = cut - starts[index]
                guard torn > 0 else {
                    #expect(report.stop == nil)
                    continue
                }
                let record = Self.mixture[index]
                let header = [21, 25, 33][Int(record.version) - 1]
                let damage: RecordDamage =
                    switch torn {
                    case ..<header: .tornHeader
                    case ..<(header + record.payload.count): .tornPayload
                    default: .tornChecksum
                    }
                let expected = SpoolReport.Stop(damage: damage, offset: starts[index], bytesLeft: torn)
                #expect(report.stop == expected, "cut at \(cut) with \(readAheadBytes)")
            }
        }
    }

    @Test("damage ends the reading before it, and the reason is told")
    func damage() throws {
        let before = SpoolRecord(version: 1, lsn: 5, payload: [1]).bytes
        let second = SpoolRecord(version: 2, lsn: 6, payload: [1, 2, 3]).bytes
        let third = SpoolRecord(version: 3, lsn: 6, payload: [1, 2, 3]).bytes
        func changed(_ bytes: [UInt8], _ offset: Int, _ value: UInt8) -> [UInt8] {
            bytes[..<offset] + [value] + bytes[(offset + 1)...]
        }
        let cases: [([UInt8], RecordDamage)] = [
            (changed(second, 0, 0), .badMagic), ([0], .badMagic), ([UInt8](repeating: 0, count: 4_096), .badMagic),
            (changed(second, 4, 0), .unknownVersion), (changed(second, 4, 4), .unknownVersion),
            (changed(second, 5, 7), .checksumMismatch), (changed(second, 13, 7), .checksumMismatch),
            (changed(second, 26, 7), .checksumMismatch), (changed(second, 31, 7), .checksumMismatch),
            (changed(third, 5, 7), .checksumMismatch), (changed(third, 34, 7), .checksumMismatch),
            (changed(second, 24, 0x11), .payloadTooLong), (changed(third, 32, 0x11), .payloadTooLong),
            (SpoolRecord(version: 1, lsn: 5, payload: [1]).bytes, .lsnOutOfOrder),
            (SpoolRecord(version: 2, lsn: 4, payload: [1]).bytes, .lsnOutOfOrder),
            (SpoolRecord(version: 3, lsn: 0, payload: [1]).bytes, .lsnOutOfOrder),
            (SpoolRecord(version: 1, lsn: .max, payload: [1]).bytes, .lsnOutOfOrder),
        ]
        for (bytes, damage) in cases {
            // With and without a whole record behind it, which must not be found.
            for behind in [[], SpoolRecord(version: 3, lsn: 7, payload: [1]).bytes] {
                let (records, report, _) = try self.read(before + bytes + behind)
                #expect(records.map(\.lsn) == [5])
                let left = bytes.count + behind.count
                #expect(report.stop == SpoolReport.Stop(damage: damage, offset: before.count, bytesLeft: left))
            }
        }
    }

    @Test("a first record of LSN 0 is none")
    func zero() throws {
        let (records, report, _) = try self.read(SpoolRecord(version: 2, lsn: 0, payload: []).bytes)
        #expect(records.isEmpty && report.stop?.damage == .lsnOutOfOrder)
    }

    @Test("a checked record with any one bit flipped is never returned as it was")
    func flipped() throws {
        // With these numbers, version 3 with its second bit gone looks like a whole record of version 1.
        for (version, lsn, length) in [(2, 9, 5), (3, 9, 5), (3, 0, 0), (3, 5, 100), (3, 16, 0), (3, 9, 60_000)] {
            let payload = [UInt8](repeating: 7, count: length)
            let whole = SpoolRecord(version: UInt8(version), lsn: LSN(lsn), timestamp: 77, payload: payload).bytes
            for bit in 0..<(min(whole.count, 60) * 8) {
                var bytes = whole
                bytes[bit / 8] ^= 1 << (bit % 8)
                let (records, report, _) = try self.read(bytes)
                #expect(records.isEmpty && report.stop?.offset == 0, "bit \(bit) of version \(version)")
            }
        }
    }

    @Test("a record of version 1 is read whatever its payload looks like")
    func notDisguised() throws {
        for payload in [0, 1, 11, 12, 15, 16, 17, 100].map({ [UInt8](repeating: 0, count: $0) }) {
            let spool = [
                SpoolRecord(version: 1, lsn: 1, payload: payload), SpoolRecord(version: 1, lsn: 2, payload: payload),
                SpoolRecord(version: 3, lsn: 3, payload: payload),
            ]
            for count in 1...3 {
                let (records, report, _) = try self.read(spool[..<count].flatMap(\.bytes), readAheadBytes: 21)
                #expect(records.map(\.payload) == [[UInt8]](repeating: payload, count: count))
                #expect(report.stop == nil)
            }
        }
    }

    @Test("a length that cannot be is refused before any memory is taken for it")
    func lengths() throws {
        for length in [UInt64(256 << 20) + 1, 1 << 32, 1 << 62, 1 << 63, .max] {
            var bytes = SpoolRecord(version: 1, lsn: 9, payload: [1, 2, 3]).bytes
            bytes.replaceSubrange(13..<21, with: littleEndian(length))
            let (_, report, storage) = try self.read(bytes)
            #expect(report.stop == SpoolReport.Stop(damage: .payloadTooLong, offset: 0, bytesLeft: bytes.count))
            #expect(storage.counters.bytesRead <= bytes.count)
        }
        // Within the limit, but not within the file.
        var bytes = SpoolRecord(version: 1, lsn: 9, payload: [UInt8](repeating: 1, count: 5_000)).bytes
        bytes.replaceSubrange(13..<21, with: littleEndian(UInt64(256 << 20)))
        let (_, report, storage) = try self.read(bytes)
        #expect(report.stop == SpoolReport.Stop(damage: .tornPayload, offset: 0, bytesLeft: bytes.count))
        #expect(storage.counters.bytesRead <= 64, "only the header was read")
    }

    @Test("a large payload is read whole between small ones, and each byte of the file once")
    func large() throws {
        let spool = [
            SpoolRecord(version: 1, lsn: 1, payload: [1]),
            SpoolRecord(version: 2, lsn: 2, payload: [UInt8](repeating: 2, count: 3 << 20)),
            SpoolRecord(version: 3, lsn: 3, payload: [3]),
        ]
        let bytes = spool.flatMap(\.bytes)
        for readAheadBytes in Self.readAheads {
            let (records, _, storage) = try self.read(bytes, readAheadBytes: readAheadBytes)
            #expect(records.map(\.payload) == spool.map(\.payload))
            #expect(storage.counters.bytesRead == bytes.count)
        }
    }

    @Test("what the closure or the file throws ends the reading")
    func failures() throws {
        let storage = FaultyStorage()
        storage.install("a", Self.mixture.flatMap(\.bytes))
        let file = try storage.open("a", create: false)
        var count = 0
        let own = #expect(throws: LogError.self) {
            try SpoolReader.read(file) { (_) throws(LogError) in
                count += 1
                if count == 3 { throw LogError(.gap, "enough") }
            }
        }
        #expect(own?.code == .gap && count == 3)
        storage.faults.failingReads = .all
        let failed = #expect(throws: LogError.self) { try SpoolReader.read(file) { (_) throws(LogError) in } }
        #expect(failed?.code == .storage)
    }
}
