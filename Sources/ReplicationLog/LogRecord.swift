// A record of the log, version 3, the only one in our own files. Little-endian, no padding:
//
//     magic "RDLW" 4 · version 1 · term 8 · LSN 8 · timestamp 8 · payload length 4 · payload · CRC-32 4
//
// The checksum covers version … payload. To the log a payload is opaque; in a shard's log it is the mutation's RESP array.

package import Primitives

package enum LogRecord {
    /// "RDLW" as a little-endian word.
    static let magic: UInt32 = 0x574c_4452
    static let version: UInt8 = 3
    /// Bytes before the payload.
    package static let headerBytes = 33
    /// Bytes of a record without its payload.
    package static let overheadBytes = 37
    /// The largest payload; a larger write is refused before anything is written.
    package static let longestPayload = 256 << 20
    /// The term where there are no elections.
    package static let defaultTerm: UInt64 = 1

    /// Writes a record.
    /// - Parameter target: room for `overheadBytes` and the payload.
    /// - Returns: its length.
    @discardableResult
    package static func write(
        lsn: LSN,
        term: UInt64,
        timestamp: Milliseconds,
        payload: Bytes,
        to target: UnsafeMutableRawPointer
    ) -> Int {
        precondition(payload.count <= Self.longestPayload, "a payload must be refused before it is written")
        target.storeBytes(of: Self.magic.littleEndian, as: UInt32.self)
        target.storeBytes(of: Self.version, toByteOffset: 4, as: UInt8.self)
        target.storeBytes(of: term.littleEndian, toByteOffset: 5, as: UInt64.self)
        target.storeBytes(of: lsn.littleEndian, toByteOffset: 13, as: UInt64.self)
        target.storeBytes(of: timestamp.littleEndian, toByteOffset: 21, as: Int64.self)
        target.storeBytes(of: UInt32(payload.count).littleEndian, toByteOffset: 29, as: UInt32.self)
        if payload.count > 0 {
            UnsafeMutableRawBufferPointer(start: target + Self.headerBytes, count: payload.count).copyMemory(
                from: payload
            )
        }
        let end = Self.headerBytes + payload.count
        let checksum = CRC32.of(Bytes(start: target + 4, count: end - 4))
        target.storeBytes(of: checksum.littleEndian, toByteOffset: end, as: UInt32.self)
        return end + 4
    }
}

/// Why bytes are not the next record.
package enum RecordDamage: String, Equatable, Sendable {
    case badMagic = "bad magic"
    case unknownVersion = "unknown version"
    case tornHeader = "torn header"
    case tornPayload = "torn payload"
    case tornChecksum = "torn checksum"
    case checksumMismatch = "checksum mismatch"
    case payloadTooLong = "payload length over the limit"
    case lsnOutOfOrder = "LSN does not follow"
}

/// Reading of one record from bytes that may end anywhere.
package enum RecordScan: Equatable, Sendable {
    /// The payload lies at `LogRecord.headerBytes`.
    case record(lsn: LSN, term: UInt64, timestamp: Milliseconds, payloadBytes: Int)
    /// What is there is the beginning of a record; the damage it is if nothing follows, and the bytes that the record has
    /// in all, as far as they are known.
    case incomplete(RecordDamage, needed: Int)
    case damaged(RecordDamage)

    /// - Parameter checksum: whether to verify it. Only who has verified these very bytes before may skip that.
    package init(_ bytes: Bytes, checksum: Bool = true) {
        guard let base = bytes.baseAddress, bytes.count >= 4 else {
            // Even a short tail must look like the beginning of one.
            let magic: [UInt8] = [0x52, 0x44, 0x4c, 0x57]
            let fits = bytes.elementsEqual(magic.prefix(bytes.count))
            self = fits ? .incomplete(.tornHeader, needed: LogRecord.headerBytes) : .damaged(.badMagic)
            return
        }
        guard UInt32(littleEndian: base.loadUnaligned(as: UInt32.self)) == LogRecord.magic else {
            self = .damaged(.badMagic)
            return
        }
        guard bytes.count > 4 else {
            self = .incomplete(.tornHeader, needed: LogRecord.headerBytes)
            return
        }
        guard bytes[4] == LogRecord.version else {
            self = .damaged(.unknownVersion)
            return
        }
        guard bytes.count >= LogRecord.headerBytes else {
            self = .incomplete(.tornHeader, needed: LogRecord.headerBytes)
            return
        }
        let length = Int(UInt32(littleEndian: base.loadUnaligned(fromByteOffset: 29, as: UInt32.self)))
        guard length <= LogRecord.longestPayload else {
            self = .damaged(.payloadTooLong)
            return
        }
        let end = LogRecord.headerBytes + length
        guard bytes.count >= end + 4 else {
            self = .incomplete(bytes.count < end ? .tornPayload : .tornChecksum, needed: end + 4)
            return
        }
        if checksum {
            let stored = UInt32(littleEndian: base.loadUnaligned(fromByteOffset: end, as: UInt32.self))
            guard CRC32.of(Bytes(start: base + 4, count: end - 4)) == stored else {
                self = .damaged(.checksumMismatch)
                return
            }
        }
        self = .record(
            lsn: UInt64(littleEndian: base.loadUnaligned(fromByteOffset: 13, as: UInt64.self)),
            term: UInt64(littleEndian: base.loadUnaligned(fromByteOffset: 5, as: UInt64.self)),
            timestamp: Int64(littleEndian: base.loadUnaligned(fromByteOffset: 21, as: Int64.self)),
            payloadBytes: length
        )
    }
}
