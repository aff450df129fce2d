// The recent frames of a shard: bounded by bytes, made of chunks, kept once however many links read them.

import DequeModule
package import Primitives

package struct Backlog: ~Copyable {
    /// Where a link stands: a chunk and an offset into it. It owns no payload.
    package struct Cursor {
        var chunk: Chunk
        var offset: Int
    }

    package enum Lookup {
        case found(Cursor)
        /// The position is the tip: the next frame is not written yet.
        case caughtUp
        /// The frame after the position has left the backlog.
        case tooOld
        /// The position is beyond the tip.
        case future
    }

    private var chunks: Deque<Chunk> = []
    /// The last of the chunks, where frames are written. Reading it out of the deque for every frame would count references,
    /// which took half of the time of an append.
    private var tail: Chunk?
    package let pool: ChunkPool
    private let events: BackgroundEvents
    /// Bytes that frames may take; one larger frame is kept all the same.
    package private(set) var limitBytes: Int
    package let chunkBytes: Int
    /// Bytes of frames held.
    package private(set) var usedBytes = 0
    /// Bytes of frames that have left it.
    private var evictedBytes = 0
    /// Everything up to and including this LSN has been appended.
    package private(set) var tip: Position

    /// - Parameters:
    ///   - limitBytes: the bound; whole chunks leave from the front once it is passed.
    ///   - chunkBytes: the size of a chunk; a larger frame gets a chunk of its own.
    ///   - tip: the position at which the stream begins.
    package init(
        limitBytes: Int,
        chunkBytes: Int,
        tip: Position = 0,
        pool: ChunkPool? = nil,
        events: BackgroundEvents = BackgroundEvents()
    ) {
        precondition(limitBytes > 0 && chunkBytes > 0 && chunkBytes <= Int(UInt32.max))
        self.limitBytes = limitBytes
        self.chunkBytes = chunkBytes
        self.tip = tip
        self.pool = pool ?? ChunkPool(spareCapacity: chunkBytes)
        self.events = events
    }

    /// The oldest position from which the stream can be resumed here.
    package var oldest: Position { self.chunks.first.map { $0.first - 1 } ?? self.tip }

    /// Bytes of frames that were ever appended.
    package var appendedBytes: Int { self.evictedBytes + self.usedBytes }

    /// Memory that the backlog's chunks take.
    package var allocatedBytes: Int { self.chunks.reduce(0) { $0 + $1.capacity } }

    /// Numbers a mutation and keeps its frame.
    /// - Returns: its LSN.
    @discardableResult
    package mutating func append(_ mutation: Bytes) -> LSN {
        let needed = Frame.longestEnvelope + mutation.count
        if !(self.tail?.hasRoom(for: needed) ?? false) { self.addChunk(for: needed) }
        // Each step reaches through `self.tail`: a name for the chunk would retain it.
        let before = self.tail?.used ?? 0
        self.tail?.append(mutation)
        self.usedBytes += (self.tail?.used ?? 0) - before
        self.tip += 1
        assert(self.tail?.end == self.tip + 1, "the last chunk ends at the tip")
        if self.usedBytes > self.limitBytes { self.evict() }
        return self.tip
    }

    @inline(never)
    private mutating func addChunk(for needed: Int) {
        let chunk = Chunk(first: self.tip + 1, capacity: max(self.chunkBytes, needed), pool: self.pool)
        self.chunks.append(chunk)
        self.tail = chunk
    }

    /// Begins again at a position, with nothing in it. Links keep the chunks that they read.
    package mutating func reset(tip: Position) {
        self.chunks.removeAll()
        self.tail = nil
        self.evictedBytes += self.usedBytes
        self.usedBytes = 0
        self.tip = tip
    }

    /// Numbers a mutation whose frame nobody is expected to want soon, and lets go of those before it: there are no gaps here.
    package mutating func pass() {
        if !self.chunks.isEmpty { self.reset(tip: self.tip) }
        self.tip += 1
    }

    package mutating func setLimit(bytes: Int) {
        precondition(bytes > 0)
        self.limitBytes = bytes
        self.evict()
    }

    /// Lets whole chunks go from the front. The newest stays, whatever its size: a write must not vanish before any replica
    /// saw it.
    private mutating func evict() {
        let start = self.events.begin()
        while self.usedBytes > self.limitBytes, self.chunks.count > 1, let oldest = self.chunks.popFirst() {
            self.usedBytes -= oldest.used
            self.evictedBytes += oldest.used
        }
        self.events.end(.backlogEviction, since: start)
    }

    /// Whether the frame after a position has left the backlog.
    func isTooOld(after position: Position) -> Bool { position < self.oldest }

    /// Finds where the stream goes on after a position.
    package func cursor(after position: Position) -> Lookup {
        guard position <= self.tip else { return .future }
        guard position < self.tip else { return .caughtUp }
        guard position >= self.oldest, let index = self.index(of: position + 1) else { return .tooOld }
        let chunk = self.chunks[index]
        return .found(Cursor(chunk: chunk, offset: chunk.offset(of: position + 1)))
    }

    /// The chunk that holds an LSN.
    private func index(of lsn: LSN) -> Int? {
        guard !self.chunks.isEmpty else { return nil }
        var low = 0
        var high = self.chunks.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if self.chunks[middle].first <= lsn { low = middle } else { high = middle }
        }
        return low
    }

    /// The position that a cursor stands at: frames that lie wholly before it.
    package func position(of cursor: Cursor) -> Position {
        cursor.chunk.first - 1 + Position(cursor.chunk.framesBefore(cursor.offset))
    }

    /// Bytes between a cursor and the tip, as far as they are still here.
    package func bytesBehind(_ cursor: Cursor) -> Int {
        guard let index = self.index(of: cursor.chunk.first), self.chunks[index] === cursor.chunk else {
            return cursor.chunk.used - cursor.offset + self.usedBytes
        }
        return self.chunks[index...].reduce(-cursor.offset) { $0 + $1.used }
    }
}
