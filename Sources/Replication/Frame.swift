// A mutation as it travels to replicas:
//
//     *2\r\n:<offset>\r\n*<argc>\r\n$<len>\r\n<arg>\r\n…
//
// The offset is LSN − 1. The inner array is byte-identical to a client's command, so a frame is written by putting an
// envelope in front of bytes that are at hand. This is the wire of kevy 1.x.

package import Primitives
import RESP

/// Encoding of one frame.
package enum Frame {
    /// Bytes that the envelope of any frame takes at most: `*2\r\n:`, nineteen digits, CR LF.
    package static let longestEnvelope = 5 + 19 + 2

    /// Writes the envelope of a frame.
    /// - Parameter target: room for `longestEnvelope` bytes.
    /// - Returns: its length.
    static func writeEnvelope(_ lsn: LSN, to target: UnsafeMutableRawPointer) -> Int {
        // "*2\r\n" as one little-endian word.
        target.storeBytes(of: 0x0a0d_322a, as: UInt32.self)
        target.storeBytes(of: UInt8(ascii: ":"), toByteOffset: 4, as: UInt8.self)
        let digits = Decimal.write(Int64(lsn - 1), to: (target + 5).assumingMemoryBound(to: UInt8.self))
        target.storeBytes(of: 0x0a0d, toByteOffset: 5 + digits, as: UInt16.self)
        return 7 + digits
    }
}

/// Why bytes are not a frame; the link they came from is dropped.
package enum FrameError: Error, Equatable, Sendable {
    case malformedEnvelope
    case malformedOffset
    case negativeOffset
    case malformedMutation
}

/// Reading of one frame from bytes that may be cut anywhere.
package enum FrameScan: Equatable, Sendable {
    /// A whole frame: its LSN, where its mutation begins, and its length with the envelope.
    case frame(LSN, mutationOffset: Int, length: Int)
    case incomplete
    case failed(FrameError)

    package init(_ bytes: Bytes) {
        var reader = LineReader(bytes)
        do throws(FrameScanStop) {
            guard try reader.number(after: UInt8(ascii: "*"), or: .malformedEnvelope) == 2 else {
                throw .failed(.malformedEnvelope)
            }
            let offset = try reader.number(after: UInt8(ascii: ":"), or: .malformedOffset)
            guard offset >= 0 else { throw .failed(.negativeOffset) }
            guard offset < Int64.max else { throw .failed(.malformedOffset) }
            let mutationOffset = reader.position
            let count = try reader.number(after: UInt8(ascii: "*"), or: .malformedMutation)
            guard count > 0, count <= Limits.argumentCount else { throw .failed(.malformedMutation) }
            for _ in 0..<count { try reader.bulk() }
            self = .frame(LSN(offset) + 1, mutationOffset: mutationOffset, length: reader.position)
        } catch {
            switch error {
            case .incomplete: self = .incomplete
            case .failed(let reason): self = .failed(reason)
            }
        }
    }
}

private enum FrameScanStop: Error {
    case incomplete
    case failed(FrameError)
}

private struct LineReader {
    private let bytes: Bytes
    private(set) var position = 0

    init(_ bytes: Bytes) { self.bytes = bytes }

    /// Reads `<marker><number>\r\n`.
    mutating func number(after marker: UInt8, or failure: FrameError) throws(FrameScanStop) -> Int64 {
        guard self.position < self.bytes.count else { throw .incomplete }
        guard self.bytes[self.position] == marker else { throw .failed(failure) }
        let start = self.position + 1
        var end = start
        while end < self.bytes.count, self.bytes[end] != UInt8(ascii: "\r") {
            end += 1
            guard end - start <= 20 else { throw .failed(failure) }
        }
        guard end + 1 < self.bytes.count else { throw .incomplete }
        guard self.bytes[end + 1] == UInt8(ascii: "\n"),
            let value = Decimal.read(Bytes(rebasing: self.bytes[start..<end]))
        else { throw .failed(failure) }
        self.position = end + 2
        return value
    }

    mutating func bulk() throws(FrameScanStop) {
        let length = try self.number(after: UInt8(ascii: "$"), or: .malformedMutation)
        guard length >= 0, length <= Limits.bulkLength else { throw .failed(.malformedMutation) }
        let end = self.position + Int(length)
        guard end + 2 <= self.bytes.count else { throw .incomplete }
        guard self.bytes[end] == UInt8(ascii: "\r"), self.bytes[end + 1] == UInt8(ascii: "\n") else {
            throw .failed(.malformedMutation)
        }
        self.position = end + 2
    }
}
