// What a link does with its place in the stream when it is its turn. It runs for every link at every turn of the shard, so
// nothing here takes a copy of the link or of a reference in it: counting references once took half of the time.

import Primitives

extension Link {
    /// Whether the transport has been given everything up to the tip.
    func isCaughtUp(at tip: Position) -> Bool {
        guard self.control.isEmpty, self.copies.map({ $0.count == 0 }) ?? true else { return false }
        guard let chunkEnd = self.chunkEnd else { return self.position == tip }
        return chunkEnd == tip && !self.hasChunkOutput
    }

    /// The last position in the chunk that the link reads; nil while it reads none.
    var chunkEnd: Position? { self.cursor.map { $0.chunk.end - 1 } }

    /// Whether the chunk that the link reads holds more than it was given.
    var hasChunkOutput: Bool { self.cursor.map { $0.offset < $0.chunk.used } ?? false }

    /// Whether `offer` has something to give, as far as the link itself can tell.
    var hasOutput: Bool {
        if !self.control.isEmpty { return true }
        if let copies = self.copies { return copies.count > 0 }
        return self.hasChunkOutput
    }

    /// Offers the transport what comes next, and moves on by what it took. A transport that does not take everything, or is
    /// broken, blocks the link.
    /// - Returns: the bytes taken.
    mutating func offer(limit: Int, now: Milliseconds, _ send: Stream.Send) -> Int {
        let (number, transport) = (self.number, self.transport)
        func give(_ bytes: Bytes) -> (length: Int, outcome: SendOutcome) {
            let length = min(bytes.count, limit)
            return (length, send(number, transport, Bytes(start: bytes.baseAddress, count: length)))
        }
        let offered =
            if !self.control.isEmpty {
                self.control.withUnsafeBytes { give($0) }
            } else if let copies = self.copies {
                give(copies.front)
            } else {
                give(self.chunkOutput)
            }
        guard case .took(let count) = offered.outcome else {
            // Whoever watches the transport reports its end; until then nothing more is tried.
            self.isBlocked = true
            return 0
        }
        if count < offered.length { self.isBlocked = true }
        if count > 0 { self.took(count, now: now) }
        return count
    }

    private var chunkOutput: Bytes {
        self.cursor.map { $0.chunk.bytes(from: $0.offset) } ?? Bytes(start: nil, count: 0)
    }

    private mutating func took(_ count: Int, now: Milliseconds) {
        self.sentBytes += UInt64(count)
        self.progressAt = now
        if !self.control.isEmpty {
            self.control.removeFirst(count)
        } else if let copies = self.copies {
            copies.removeFirst(count)
        } else {
            self.cursor?.offset += count
        }
    }
}
