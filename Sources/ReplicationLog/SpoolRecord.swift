// Records of the single-file spools that are written elsewhere, in any of three versions. Little-endian, no padding:
//
//     version 1   magic "RDLW" 4 · 1 · LSN 8 · payload length 8 · payload
//     version 2   magic "RDLW" 4 · 2 · LSN 8 · timestamp 8 · payload length 4 · payload · CRC-32 4
//     version 3   as in our own files (LogRecord.swift)
//
// The checksum of version 2 covers version … payload. Version 1 has none: nothing tells an altered payload from the one that
// was written, and a length that was altered shows only in what follows. That is why it is read here alone.

import Primitives

enum SpoolVersion: UInt8, CaseIterable {
    case one = 1
    case two = 2
    case three = 3

    var headerBytes: Int {
        switch self {
        case .one: 21
        case .two: 25
        case .three: LogRecord.headerBytes
        }
    }

    /// Bytes of a record without its payload.
    var overheadBytes: Int {
        switch self {
        case .one: 21
        case .two: 29
        case .three: LogRecord.overheadBytes
        }
    }
}

/// Reading of one record from bytes that may end anywhere; as `RecordScan`, for all versions.
enum SpoolScan: Equatable {
    /// The payload lies at the version's `headerBytes`.
    case record(SpoolVersion, lsn: LSN, term: UInt64, timestamp: Milliseconds, payloadBytes: Int)
    /// The damage is that of the file as a whole, if `needed` is more than is left of it.
    case incomplete(RecordDamage, needed: Int)
    case damaged(RecordDamage)

    /// - Parameters:
    ///   - bytes: from where a record should begin.
    ///   - left: bytes from there to the end of the file, of which `bytes` may be the first only.
    init(_ bytes: Bytes, left: Int) {
        precondition(bytes.count <= left, "what is there is part of the file")
        guard bytes.count > 4, let base = bytes.baseAddress, base.littleEndian(at: 0) == LogRecord.magic,
            let version = SpoolVersion(rawValue: bytes[4]), version != .three
        else {
            self.init(RecordScan(bytes), of: bytes, left: left)
            return
        }
        guard bytes.count >= version.headerBytes else {
            self = .incomplete(.tornHeader, needed: version.headerBytes)
            return
        }
        // Compared before it is taken as a number of bytes: the length of version 1 may be larger than any `Int`.
        let length: UInt64 =
            version == .one ? base.littleEndian(at: 13) : UInt64(base.littleEndian(at: 21) as UInt32)
        guard length <= UInt64(LogRecord.longestPayload) else {
            self = .damaged(.payloadTooLong)
            return
        }
        let end = version.headerBytes + Int(length)
        let needed = version.overheadBytes + Int(length)
        guard bytes.count >= needed else {
            self = .incomplete(left < end ? .tornPayload : .tornChecksum, needed: needed)
            return
        }
        if version == .two {
            guard CRC32.of(Bytes(rebasing: bytes[4..<end])) == base.littleEndian(at: end) else {
                self = .damaged(.checksumMismatch)
                return
            }
        }
        if version == .one, let scan = Self.disguise(bytes, left: left) {
            self = scan
            return
        }
        self = .record(
            version,
            lsn: base.littleEndian(at: 5),
            term: LogRecord.defaultTerm,
            timestamp: version == .one ? 0 : base.littleEndian(at: 13),
            payloadBytes: Int(length)
        )
    }

    /// One flipped bit makes a checked record of version 3 look like an unchecked one of version 1, whose LSN is the term and
    /// whose length is the LSN; with nothing before it, that is a record like any other. Its checksum is still there to
    /// tell. Only where it would end near: the payload of a true version 1 reads as some length or other, which must not
    /// make anybody load much. Text reads as one of many megabytes.
    /// - Returns: nil for a true record of version 1.
    private static func disguise(_ bytes: Bytes, left: Int) -> SpoolScan? {
        guard left >= LogRecord.overheadBytes, let base = bytes.baseAddress else { return nil }
        guard bytes.count >= LogRecord.headerBytes else {
            return .incomplete(.tornHeader, needed: LogRecord.headerBytes)
        }
        let length = Int(base.littleEndian(at: 29) as UInt32)
        let end = LogRecord.headerBytes + length
        guard length <= Self.longestDisguise, end + 4 <= left else { return nil }
        guard bytes.count >= end + 4 else { return .incomplete(.tornPayload, needed: end + 4) }
        let start = withUnsafeBytes(of: LogRecord.version) { CRC32.of($0) }
        let checksum = CRC32.of(Bytes(rebasing: bytes[5..<end]), continuing: start)
        return checksum == base.littleEndian(at: end) ? .damaged(.checksumMismatch) : nil
    }

    private static let longestDisguise = 64 << 10

    private init(_ scan: RecordScan, of bytes: Bytes, left: Int) {
        switch scan {
        case .record(let lsn, let term, let timestamp, let length):
            self = .record(.three, lsn: lsn, term: term, timestamp: timestamp, payloadBytes: length)
        case .incomplete(.tornHeader, let needed):
            // While the version is unknown, the shortest header of them all.
            self = .incomplete(.tornHeader, needed: bytes.count > 4 ? needed : SpoolVersion.one.headerBytes)
        case .incomplete(_, let needed):
            self = .incomplete(left < needed - 4 ? .tornPayload : .tornChecksum, needed: needed)
        case .damaged(let damage): self = .damaged(damage)
        }
    }
}

extension UnsafeRawPointer {
    fileprivate func littleEndian<Value: FixedWidthInteger & BitwiseCopyable>(at offset: Int) -> Value {
        Value(littleEndian: self.loadUnaligned(fromByteOffset: offset, as: Value.self))
    }
}
