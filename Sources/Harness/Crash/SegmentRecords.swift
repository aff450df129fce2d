// Where the records of a log's segment lie. Written from the format's description alone, apart from the server's own reader:
//
//     magic "RDLW" 4 · version 1 · term 8 · LSN 8 · timestamp 8 · payload length 4 · payload · CRC-32 4

struct SegmentRecords {
    struct Record: Equatable {
        var lsn: UInt64
        /// Of its first byte in the file.
        var offset: Int
        var bytes: Int
    }

    private static let magic = Array("RDLW".utf8)
    private static let headerBytes = 33
    private static let checksumBytes = 4

    private(set) var records: [Record] = []
    /// Bytes behind the last record.
    private(set) var rest = 0

    init(_ bytes: [UInt8]) {
        var at = 0
        while at + Self.headerBytes <= bytes.count, bytes[at..<(at + 4)].elementsEqual(Self.magic) {
            let length = Int(Self.number(bytes[(at + 29)..<(at + 33)]))
            let size = Self.headerBytes + length + Self.checksumBytes
            guard at + size <= bytes.count else { break }
            self.records.append(Record(lsn: Self.number(bytes[(at + 13)..<(at + 21)]), offset: at, bytes: size))
            at += size
        }
        self.rest = bytes.count - at
    }

    /// Little-endian.
    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
