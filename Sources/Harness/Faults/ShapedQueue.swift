// Bytes on their way over a link that is far, slow, or loses packets, as a value without a clock: what was put in, and how
// much of it may go out by now. A lost packet is one that comes a retransmission later, with everything behind it: that is what
// TCP makes of it.

import Primitives

/// What a link is like.
package struct LinkShape: Hashable, Sendable {
    /// One way.
    package var delayMilliseconds = 0
    /// Nil: as fast as the machine is.
    package var bytesPerSecond: Int?
    /// Of a million packets so many are lost.
    package var lossPerMillion = 0

    package init() {}

    var isPlain: Bool { self == LinkShape() }
}

struct ShapedQueue {
    /// What a packet carries on a usual network, in bytes.
    static let packetBytes = 1448
    /// What TCP waits before it sends a lost packet again, at the least, in nanoseconds.
    static let retransmission: UInt64 = 200_000_000

    private struct Piece {
        var bytes: Int
        var due: UInt64
    }

    private var pieces: [Piece] = []
    private var head = 0
    /// Bytes inside.
    private(set) var count = 0
    /// Nothing comes before what came in before it.
    private var lastDue: UInt64 = 0
    /// What may go out at the link's rate.
    private var pace: Pace
    var shape: LinkShape {
        didSet { if oldValue.bytesPerSecond != self.shape.bytesPerSecond { self.pace = Self.pace(self.shape) } }
    }

    init(_ shape: LinkShape) {
        self.shape = shape
        self.pace = Self.pace(shape)
    }

    private static func pace(_ shape: LinkShape) -> Pace { Pace(bytesPerSecond: shape.bytesPerSecond) }

    /// Enters bytes that came in.
    mutating func put(_ bytes: Int, at now: UInt64, using generator: inout SeededGenerator) {
        var due = now + UInt64(self.shape.delayMilliseconds) * 1_000_000
        let packets = (bytes + Self.packetBytes - 1) / Self.packetBytes
        if self.shape.lossPerMillion > 0 {
            let isLost = (0..<packets).contains { _ in
                generator.next() % 1_000_000 < UInt64(self.shape.lossPerMillion)
            }
            if isLost { due += Self.retransmission + UInt64(self.shape.delayMilliseconds) * 2_000_000 }
        }
        self.lastDue = max(self.lastDue, due)
        self.pieces.append(Piece(bytes: bytes, due: self.lastDue))
        self.count += bytes
    }

    /// Bytes that may go out now.
    mutating func ready(at now: UInt64) -> Int {
        self.pace.advance(to: now)
        guard self.pace.isOpen else { return 0 }
        var bytes = 0
        for piece in self.pieces[self.head...] {
            guard piece.due <= now else { break }
            bytes += piece.bytes
            // A slow link gives its rate's worth at a time; the allowance may be overdrawn by one piece.
            if self.shape.bytesPerSecond != nil { break }
        }
        return bytes
    }

    /// Enters bytes that went out, no more than were ready.
    mutating func take(_ bytes: Int) {
        precondition(bytes <= self.count, "more went out than was inside")
        self.pace.charge(bytes)
        self.count -= bytes
        var rest = bytes
        while rest > 0 {
            let part = min(rest, self.pieces[self.head].bytes)
            self.pieces[self.head].bytes -= part
            rest -= part
            if self.pieces[self.head].bytes == 0 { self.head += 1 }
        }
        if self.head == self.pieces.count || self.head > 1024 {
            self.pieces.removeFirst(self.head)
            self.head = 0
        }
    }
}
