// A run of a snapshot as it stands on the wire:
//
//     $<len>\r\n<bytes>\r\n
//
// It is produced once and read by every link of its pass. The bytes of the file are written behind a gap, into which the
// envelope's line goes when their number is known, so that nothing is moved.

import Glibc
import Primitives
package import RESP

/// Belongs to its shard alone.
package final class SnapshotPiece {
    package let writer: Writer
    /// Where the bytes of the wire begin.
    private var start = 0
    /// Links that have not been given all of it.
    var readers = 0

    /// Room for `$`, the digits of the largest chunk, CR LF.
    private static let gap = 16
    /// What stands around the payload, at most.
    static let envelopeBytes = 18

    /// - Parameter capacity: bytes that it has room for at first.
    init(capacity: Int) { self.writer = Writer(capacity: capacity) }

    /// A line of text.
    convenience init(line: String) {
        self.init(capacity: line.utf8.count)
        self.writer.raw(line)
    }

    /// Bytes of the wire.
    var bytes: Bytes { Bytes(rebasing: self.writer.bytes.dropFirst(self.start)) }
    var count: Int { self.writer.count - self.start }
    /// Bytes of the file, as long as the piece is not sealed.
    var payloadCount: Int { self.writer.count - Self.gap }

    /// Empties it for the file's next bytes.
    func begin() {
        self.writer.removeAll()
        _ = self.writer.reserve(Self.gap)
        self.writer.commit(Self.gap)
        self.start = Self.gap
        self.readers = 0
    }

    /// Appends payload.
    func append(_ bytes: Bytes) { self.writer.raw(bytes) }

    /// Payload from an offset on, as long as the piece is not sealed.
    func payload(from offset: Int) -> Bytes { Bytes(rebasing: self.writer.bytes.dropFirst(Self.gap + offset)) }

    /// Cuts the payload and puts the envelope around it.
    func seal(payloadBytes: Int) {
        precondition(payloadBytes > 0 && payloadBytes <= self.payloadCount, "there is no such payload")
        self.writer.truncate(to: Self.gap + payloadBytes)
        self.writer.raw("\r\n")
        var line: (UInt64, UInt64, UInt64) = (0, 0, 0)
        withUnsafeMutableBytes(of: &line) { line in
            guard let target = line.baseAddress, let base = self.writer.bytes.baseAddress else { return }
            target.storeBytes(of: UInt8(ascii: "$"), as: UInt8.self)
            let digits = Decimal.write(Int64(payloadBytes), to: (target + 1).assumingMemoryBound(to: UInt8.self))
            target.storeBytes(of: 0x0a0d, toByteOffset: 1 + digits, as: UInt16.self)
            self.start = Self.gap - digits - 3
            memcpy(UnsafeMutableRawPointer(mutating: base) + self.start, target, digits + 3)
        }
    }
}

/// Keeps a few pieces for their next use: their pages are there already, and near the processor.
struct SnapshotPiecePool {
    private var spares: [SnapshotPiece] = []
    /// Bytes that a piece takes which was filled no further than planned.
    private let pieceBytes: Int

    private static let mostSpares = 8

    init(pieceBytes: Int) { self.pieceBytes = pieceBytes }

    var allocatedBytes: Int { self.spares.count * self.pieceBytes }

    mutating func take(capacity: Int) -> SnapshotPiece {
        guard capacity == self.pieceBytes, let spare = self.spares.popLast() else {
            return SnapshotPiece(capacity: capacity)
        }
        return spare
    }

    mutating func giveBack(_ piece: SnapshotPiece) {
        guard self.spares.count < Self.mostSpares, piece.writer.allocatedBytes == self.pieceBytes else { return }
        self.spares.append(piece)
    }

    mutating func removeAll() { self.spares.removeAll() }
}
