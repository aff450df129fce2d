import Primitives
import ReplicationLog

/// The checksum bit by bit, as its definition has it.
func slowChecksum(_ bytes: [UInt8], continuing previous: UInt32 = 0) -> UInt32 {
    var value = ~previous
    for byte in bytes {
        value ^= UInt32(byte)
        for _ in 0..<8 { value = value & 1 == 0 ? value >> 1 : value >> 1 ^ 0xedb8_8320 }
    }
    return ~value
}

/// The bytes of an integer, the lowest first.
func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
}

/// A record as log.md lays it out, in one of its three versions, built the slow way.
func expectedRecord(
    version: UInt8 = 3,
    lsn: LSN,
    term: UInt64 = 1,
    timestamp: Milliseconds = 0,
    payload: [UInt8]
) -> [UInt8] {
    let magic: [UInt8] = [0x52, 0x44, 0x4c, 0x57]
    if version == 1 { return magic + [1] + littleEndian(lsn) + littleEndian(UInt64(payload.count)) + payload }
    let checked =
        [version] + (version == 3 ? littleEndian(term) : []) + littleEndian(lsn) + littleEndian(timestamp)
        + littleEndian(UInt32(payload.count)) + payload
    return magic + checked + littleEndian(slowChecksum(checked))
}

/// A record with bytes of its own, to be compared after the call that it was valid for.
struct RecordCopy: Equatable {
    var lsn: LSN
    var term: UInt64
    var timestamp: Milliseconds
    var payload: [UInt8]

    init(lsn: LSN, term: UInt64, timestamp: Milliseconds, payload: [UInt8]) {
        self.lsn = lsn
        self.term = term
        self.timestamp = timestamp
        self.payload = payload
    }

    init(_ view: RecordView) {
        self.init(lsn: view.lsn, term: view.term, timestamp: view.timestamp, payload: Array(view.payload))
    }
}
