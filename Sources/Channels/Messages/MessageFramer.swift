package import Primitives

/// Finds messages in what a connection brings, however it is cut: each has its length before it, as a u32.
///
/// It holds one message at most, and takes memory as bytes arrive: a length alone reserves nothing.
package struct MessageFramer: Sendable {
    /// The most that stands before the first whole message may take.
    private let limit: Int
    private var held: [UInt8] = []

    /// - Parameter limit: bytes of one message.
    package init(limit: Int = MessageLayout.largestMessage) { self.limit = limit }

    /// Takes what has arrived, and gives every message that is whole now to `body`, without its length.
    /// - Throws: `tooLong`; nothing of the connection can be understood after that.
    package mutating func received(_ bytes: Bytes, _ body: (Bytes) -> Void) throws(MessageError) {
        if self.held.isEmpty {
            let (consumed, tooLong) = self.split(bytes, body)
            if let tooLong { throw .tooLong(tooLong) }
            self.held.append(contentsOf: bytes[consumed...])
        } else {
            self.held.append(contentsOf: bytes)
            let (consumed, tooLong) = self.held.withUnsafeBytes { self.split($0, body) }
            if let tooLong { throw .tooLong(tooLong) }
            self.held.removeFirst(consumed)
        }
    }

    /// Bytes that wait for the rest of their message.
    package var heldBytes: Int { self.held.count }

    private func split(_ bytes: Bytes, _ body: (Bytes) -> Void) -> (consumed: Int, tooLong: Int?) {
        var offset = 0
        while bytes.count - offset >= 4 {
            let length = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
            guard length <= self.limit else { return (offset, length) }
            guard bytes.count - offset - 4 >= length else { break }
            body(Bytes(rebasing: bytes[(offset + 4)..<(offset + 4 + length)]))
            offset += 4 + length
        }
        return (offset, nil)
    }
}
