// What members say to each other beside the messages of channels: how long the way is, and whether a leader still is one.

import Channels
import Primitives

enum GroupSignal: Equatable, Sendable {
    /// Time of the sender's clock, to be sent back.
    case ping(UInt64)
    case pong(UInt64)
    /// Is this node still the leader of a shard, in this term, as far as you know?
    case confirm(shard: UInt16, term: Term, number: UInt64)
    /// Yes; nobody answers no.
    case confirmed(shard: UInt16, term: Term, number: UInt64)

    /// The first two bytes; messages of channels have another number there.
    static let subprotocol: UInt16 = 0x0e01

    private var fields: (code: UInt8, shard: UInt16, term: Term, number: UInt64) {
        switch self {
        case .ping(let time): (1, 0, 0, time)
        case .pong(let time): (2, 0, 0, time)
        case .confirm(let shard, let term, let number): (3, shard, term, number)
        case .confirmed(let shard, let term, let number): (4, shard, term, number)
        }
    }

    private static let bytes = 2 + 1 + 2 + 8 + 8

    /// With its length before it.
    var framed: [UInt8] {
        let fields = self.fields
        var bytes: [UInt8] = []
        withUnsafeBytes(of: UInt32(Self.bytes).littleEndian) { bytes += $0 }
        withUnsafeBytes(of: Self.subprotocol.littleEndian) { bytes += $0 }
        bytes.append(fields.code)
        withUnsafeBytes(of: fields.shard.littleEndian) { bytes += $0 }
        withUnsafeBytes(of: fields.term.littleEndian) { bytes += $0 }
        withUnsafeBytes(of: fields.number.littleEndian) { bytes += $0 }
        return bytes
    }

    static func isOne(_ bytes: Bytes) -> Bool {
        bytes.count >= 2 && UInt16(littleEndian: bytes.loadUnaligned(as: UInt16.self)) == Self.subprotocol
    }

    /// nil for bytes that are none.
    init?(_ bytes: Bytes) {
        guard Self.isOne(bytes), bytes.count == Self.bytes else { return nil }
        let shard = UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 3, as: UInt16.self))
        let term = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 5, as: UInt64.self))
        let number = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 13, as: UInt64.self))
        switch bytes[2] {
        case 1: self = .ping(number)
        case 2: self = .pong(number)
        case 3: self = .confirm(shard: shard, term: term, number: number)
        case 4: self = .confirmed(shard: shard, term: term, number: number)
        default: return nil
        }
    }
}
