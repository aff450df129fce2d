// A piece of the stream in memory, shared by the backlog and by every link that reads it. Chunks are independent: none
// holds on to its successor, or one stalled link would keep the whole chain alive.
//
// Links read a chunk while its tail is still being written. That is safe because written bytes never change, `used` only
// grows, and both happen on the shard's own thread. A chunk that is read from the log is filled by the thread that reads it,
// and the shard's from then on. (A `ByteBuffer` would copy its storage at the first write after a link
// took a slice.)

import Glibc
package import Primitives
import Synchronization

/// Used by one thread at a time; see above.
package final class Chunk: @unchecked Sendable {
    /// The LSN of the first frame.
    let first: LSN
    package private(set) var count = 0
    package private(set) var used = 0
    let capacity: Int
    private let memory: UnsafeMutableRawPointer
    private let pool: ChunkPool
    /// Where every `markInterval`-th frame begins, so that finding a frame does not mean reading the chunk.
    private var marks: [UInt32]

    static let markInterval = 64

    package init(first: LSN, capacity: Int, pool: ChunkPool) {
        self.first = first
        self.capacity = capacity
        self.pool = pool
        let block = pool.take(capacity)
        self.memory = block.memory
        self.marks = block.marks
    }

    deinit {
        // Emptied here, where the marks have one owner: that keeps their room without a copy.
        self.marks.removeAll(keepingCapacity: true)
        self.pool.giveBack(ChunkPool.Block(memory: self.memory, capacity: self.capacity, marks: self.marks))
    }

    /// The LSN after the last frame.
    var end: LSN { self.first + LSN(self.count) }

    func bytes(from offset: Int) -> Bytes {
        Bytes(start: self.memory + offset, count: self.used - offset)
    }

    package func hasRoom(for length: Int) -> Bool { self.capacity - self.used >= length }

    /// Appends the frame of a mutation; there must be room for it with the longest envelope.
    package func append(_ mutation: Bytes) {
        precondition(self.hasRoom(for: Frame.longestEnvelope + mutation.count), "the frame does not fit its chunk")
        if self.count % Self.markInterval == 0 { self.marks.append(UInt32(self.used)) }
        let start = self.memory + self.used
        let envelope = Frame.writeEnvelope(self.end, to: start)
        if let source = mutation.baseAddress { memcpy(start + envelope, source, mutation.count) }
        self.used += envelope + mutation.count
        self.count += 1
    }

    /// Where the frame of an LSN begins. The LSN must be in this chunk, or be the one after it.
    func offset(of lsn: LSN) -> Int {
        precondition(lsn >= self.first && lsn <= self.end, "the frame is not in this chunk")
        guard lsn < self.end else { return self.used }
        let index = Int(lsn - self.first)
        var offset = Int(self.marks[index / Self.markInterval])
        for _ in 0..<(index % Self.markInterval) { offset += self.frameLength(at: offset) }
        return offset
    }

    /// How many frames end at or before an offset.
    func framesBefore(_ offset: Int) -> Int {
        guard offset < self.used else { return self.count }
        var low = 0
        var high = self.marks.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if Int(self.marks[middle]) <= offset { low = middle } else { high = middle }
        }
        var frames = low * Self.markInterval
        var cursor = Int(self.marks[low])
        while cursor < offset {
            cursor += self.frameLength(at: cursor)
            if cursor <= offset { frames += 1 }
        }
        return frames
    }

    private func frameLength(at offset: Int) -> Int {
        guard case .frame(_, _, let length) = FrameScan(self.bytes(from: offset)) else {
            preconditionFailure("a chunk holds whole frames")
        }
        return length
    }
}

/// Counts the memory of chunks, whoever holds them, and keeps one for the next use: a chunk that was in use has its pages
/// already, and the kernel's zeroing of new ones would cost as much as filling them. Only the usual size is kept: the
/// chunk of one huge frame must not stay for ever, unseen by every account. Chunks are made and let go on any thread.
package final class ChunkPool: Sendable {
    private struct State {
        var aliveBytes = 0
        var spare: Block?
    }

    private let spareCapacity: Int
    private let state = Mutex(State())

    /// What a chunk leaves behind: its memory, and an empty list of marks with room for as many as it had.
    fileprivate struct Block: @unchecked Sendable {
        let memory: UnsafeMutableRawPointer
        let capacity: Int
        let marks: [UInt32]
    }

    /// - Parameter spareCapacity: the size of the chunk that may be kept, in bytes.
    package init(spareCapacity: Int) { self.spareCapacity = spareCapacity }

    deinit { self.state.withLock { free($0.spare?.memory) } }

    /// Bytes of chunks that are alive, held by the backlog or by a link.
    package var aliveBytes: Int { self.state.withLock { $0.aliveBytes } }

    /// Bytes kept for the next chunk; not alive.
    package var spareBytes: Int { self.state.withLock { $0.spare?.capacity ?? 0 } }

    fileprivate func take(_ capacity: Int) -> Block {
        let spare = self.state.withLock { state -> Block? in
            state.aliveBytes += capacity
            return capacity == self.spareCapacity ? state.spare.take() : nil
        }
        if let spare { return spare }
        guard let memory = malloc(capacity) else { fatalError("out of memory") }
        return Block(memory: memory, capacity: capacity, marks: [])
    }

    fileprivate func giveBack(_ block: Block) {
        let isKept = self.state.withLock { state in
            state.aliveBytes -= block.capacity
            guard block.capacity == self.spareCapacity, state.spare == nil else { return false }
            state.spare = block
            return true
        }
        if !isKept { free(block.memory) }
    }
}
