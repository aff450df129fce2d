// Where records begin in a segment: one offset for each LSN that is a multiple of the interval. LSNs inside a segment
// follow each other, so an entry's LSN is known from its place. Little-endian on disk:
//
//     magic "RDLI" 4 · version 4 · interval 4 · count 4 · first LSN 8 · last LSN 8 · segment bytes 8 · last timestamp 8
//     offset 8 × count · CRC-32 4 of everything before
//
// It can always be made again from the segment, so it is never synced: a bad checksum means that it is made again.

import Primitives

struct SegmentIndex {
    static let magic: UInt32 = 0x494c_4452
    static let version: UInt32 = 1
    static let headerBytes = 48

    var interval: Int
    var first: LSN
    var last: LSN
    var segmentBytes: Int
    var lastTimestamp: Milliseconds
    var offsets: [Int]

    var encoded: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.headerBytes + 8 * self.offsets.count + 4)
        func put(_ value: some FixedWidthInteger) {
            withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
        }
        put(Self.magic)
        put(Self.version)
        put(UInt32(self.interval))
        put(UInt32(self.offsets.count))
        put(self.first)
        put(self.last)
        put(UInt64(self.segmentBytes))
        put(self.lastTimestamp)
        for offset in self.offsets { put(UInt64(offset)) }
        put(bytes.withUnsafeBytes { CRC32.of($0) })
        return bytes
    }

    /// Reads an index; nil when it is not one, whole and unharmed.
    init?(_ bytes: [UInt8]) {
        guard bytes.count >= Self.headerBytes + 4 else { return nil }
        func get<Value: FixedWidthInteger>(_ offset: Int, _ type: Value.Type) -> Value {
            bytes.withUnsafeBytes { Value(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: type)) }
        }
        guard get(0, UInt32.self) == Self.magic, get(4, UInt32.self) == Self.version else { return nil }
        let interval = Int(get(8, UInt32.self))
        let count = Int(get(12, UInt32.self))
        guard interval > 0, bytes.count == Self.headerBytes + 8 * count + 4 else { return nil }
        let checksum = bytes.withUnsafeBytes { CRC32.of(Bytes(rebasing: $0.dropLast(4))) }
        guard checksum == get(bytes.count - 4, UInt32.self) else { return nil }
        self.init(
            interval: interval,
            first: get(16, UInt64.self),
            last: get(24, UInt64.self),
            segmentBytes: Int(clamping: get(32, UInt64.self)),
            lastTimestamp: get(40, Int64.self),
            offsets: (0..<count).map { Int(clamping: get(Self.headerBytes + 8 * $0, UInt64.self)) }
        )
    }

    init(
        interval: Int,
        first: LSN,
        last: LSN,
        segmentBytes: Int,
        lastTimestamp: Milliseconds,
        offsets: [Int]
    ) {
        self.interval = interval
        self.first = first
        self.last = last
        self.segmentBytes = segmentBytes
        self.lastTimestamp = lastTimestamp
        self.offsets = offsets
    }

    /// Where the entry of that number stands in the file.
    static func place(ofEntry entry: Int) -> Int { Self.headerBytes + 8 * entry }

    /// The entry to begin at when looking for an LSN; nil means the beginning of the segment.
    static func entry(for lsn: LSN, first: LSN, interval: Int) -> Int? {
        let interval = UInt64(interval)
        let marked = lsn / interval * interval
        guard marked >= first else { return nil }
        let firstMarked = (first + interval - 1) / interval * interval
        return Int((marked - firstMarked) / interval)
    }
}
