// What arrives is applied where it lies, as soon as it is there, a slice at a time: between two slices the loop serves its
// clients. What does not fit a slice waits in the inbox; when that is full the socket is not read, and the primary sees a
// slow link.

import DequeModule
import Engine
import Logging
import NIOCore
import Primitives
import RESP
import Replication
import Sockets

extension ShardFollower {
    /// Bytes of the inbox, and reads in it, past which the socket is not read: a read of one byte takes the room of a full one.
    private static let inboxLimit = 16 << 20
    private static let inboxReads = 256
    /// What one turn of the loop may apply.
    private static let eventsPerTurn = 1024
    private static let nanosecondsPerTurn: UInt64 = 2_000_000
    /// Events between two looks at the clock.
    private static let eventsPerLook = 32
    /// Bytes of an event that takes long enough to look at the clock.
    private static let longEvent = 8 << 10
    /// Records that wait for the log, in bytes, past which nothing more is applied.
    private static let logBytesLimit = 64 << 20

    func received(_ buffer: ByteBuffer) {
        self.lastReadAt = WallClock.milliseconds
        self.counters.bytes += buffer.readableBytes
        self.inboxBytes += buffer.readableBytes
        if self.front.readableBytes == 0, self.inbox.isEmpty {
            self.front = buffer
        } else {
            self.inbox.append(buffer)
        }
    }

    func readCompleted() { if !self.isDrainScheduled { self.drain() } }

    /// The log cannot take more now: the disk is full, or far behind.
    private var isLogBusy: Bool {
        guard let log = self.shard.engine.log else { return false }
        return log.failure != nil || log.heldBytes > Self.logBytesLimit
    }

    /// Applies a slice of what has come.
    func drain() {
        self.isDrainScheduled = false
        // A write that fails inside of a slice may bring what is left to read, and with it this call.
        guard self.phase == .answering || self.phase == .streaming, !self.isDraining else { return }
        var slice = Slice(limit: Self.eventsPerTurn, deadline: Clocks.monotonicNanoseconds + Self.nanosecondsPerTurn)
        let before = self.counters.frames
        var isStarved = self.inboxBytes == 0
        self.shard.now = WallClock.milliseconds
        self.isDraining = true
        // A slice may have ended with the first buffer's last byte.
        while self.front.readableBytes > 0 || self.joinNext(), !self.isHeld, !self.isLogBusy {
            self.drainFront(&slice)
            guard slice.end == nil else { break }
            // What is left is the beginning of something whose rest is still to come, however much that is.
            guard self.joinNext() else {
                isStarved = true
                break
            }
        }
        if self.counters.frames != before {
            self.progressMade()
            self.shard.noteWrites()
            self.report()
        }
        self.isDraining = false
        if let end = self.endAfterSlice.take() {
            slice.end = .ended(end)
        } else if let end = self.endAfterInbox, slice.end == nil, isStarved {
            slice.end = .ended(end)
        }
        switch slice.end {
        case .ended(let end): self.finish(end)
        case .turnOver: self.scheduleDrain()
        case .held, nil: break
        }
        self.limitInbox(isStarved: isStarved)
    }

    /// The log got further, or failed.
    func logMoved() {
        guard self.phase == .streaming else { return }
        self.report()
        if self.inboxBytes > 0, !self.isDraining { self.scheduleDrain() }
    }

    /// More is due, once the clients have had their turn.
    func scheduleDrain() {
        guard !self.isDrainScheduled else { return }
        self.isDrainScheduled = true
        let bound = NIOLoopBound(self, eventLoop: self.shard.loop)
        self.shard.later { _ in bound.value.drain() }
    }

    /// What one turn may do, and why it ends.
    private struct Slice {
        enum End {
            case turnOver
            case ended(FollowerEnd)
            /// The stream waits for the shard.
            case held
        }

        private var left: Int
        private let deadline: UInt64
        var end: End?

        init(limit: Int, deadline: UInt64) {
            self.left = limit
            self.deadline = deadline
        }

        /// Counts an event; after a long one the clock is looked at.
        mutating func took(isLong: Bool) {
            self.left -= 1
            let isLook = isLong || self.left % ShardFollower.eventsPerLook == 0
            if self.left == 0 || (isLook && Clocks.monotonicNanoseconds > self.deadline) { self.end = .turnOver }
        }
    }

    private func drainFront(_ slice: inout Slice) {
        var used = 0
        let buffer = self.front
        buffer.withUnsafeReadableBytes { bytes in
            while slice.end == nil, used < bytes.count {
                if self.grantedHistory != nil, self.input.beginsFrame(bytes[used]), self.mustAdoptHistory() {
                    slice.end = .held
                    return
                }
                do throws(FollowerError) {
                    let next = try self.input.next(in: Bytes(rebasing: bytes[used...]))
                    used += next.consumed
                    guard let event = next.event else { return }
                    slice.took(isLong: next.consumed > Self.longEvent)
                    if let end = self.take(event) { slice.end = .ended(end) }
                } catch {
                    slice.end = .ended(.malformed(error))
                }
                if self.isHeld || self.endAfterSlice != nil, slice.end == nil { slice.end = .held }
            }
        }
        self.front.moveReaderIndex(forwardBy: used)
        self.inboxBytes -= used
    }

    /// Appends the next buffer to what is left of the first; false when there is none.
    private func joinNext() -> Bool {
        guard !self.inbox.isEmpty else { return false }
        var next = self.inbox.removeFirst()
        if self.front.readableBytes == 0 {
            self.front = next
        } else if self.front.readerIndex > self.front.readableBytes {
            // The rest of a read in front of the next one.
            var joined = ByteBufferAllocator().buffer(capacity: self.front.readableBytes + next.readableBytes)
            joined.writeBuffer(&self.front)
            joined.writeBuffer(&next)
            self.front = joined
        } else {
            // A long frame that grows.
            self.front.writeBuffer(&next)
        }
        return true
    }

    /// - Parameter isStarved: what is there is the beginning of something that needs more, however much that is.
    private func limitInbox(isStarved: Bool) {
        let mayRead = isStarved || (self.inboxBytes <= Self.inboxLimit && self.inbox.count <= Self.inboxReads)
        guard mayRead != self.isReading, let channel = self.channel else { return }
        // Half of the limit must be free again, or reading would begin and end with every buffer.
        let isHalfFull = self.inboxBytes > Self.inboxLimit / 2 || self.inbox.count > Self.inboxReads / 2
        if mayRead, !isStarved, isHalfFull { return }
        self.isReading = mayRead
        if !mayRead { self.counters.inboxStalls += 1 }
        channel.setOption(.autoRead, value: mayRead).whenFailure { _ in }
    }

    // MARK: Events

    /// Carries out one event; returns why the connection must end, if it must.
    private func take(_ event: FollowerEvent) -> FollowerEnd? {
        switch event {
        case .frame(let lsn, let command):
            do throws(ApplyError) {
                try self.shard.engine.applyFrame(lsn, command, &self.replay, now: self.shard.now)
            } catch {
                return .failedToApply(error.description)
            }
            self.counters.frames += 1
            return nil
        case .acknowledged(_, let history): return self.granted(history)
        case .refused(let reason): return .refused(String(reason.text.prefix(256)))
        case .ping(let tip, _):
            self.primaryTip = tip
            self.progressMade()
            return nil
        case .snapshotBegan:
            self.snapshotBegan()
            return nil
        case .snapshotChunk(let bytes): return self.snapshotCame(bytes)
        case .snapshotEnded(let position): return self.snapshotEnded(at: position)
        }
    }

    private func granted(_ history: History?) -> FollowerEnd? {
        self.phase = .streaming
        self.lastReadAt = self.shard.now
        self.roundHistory = history
        self.grantedHistory = history
        self.shard.node.logger.notice(
            "following",
            metadata: [
                "shard": "\(self.shard.index)", "primary": "\(self.primary)",
                "position": "\(self.shard.engine.tip)", "history": "\(history?.hex ?? "")",
            ]
        )
        self.report()
        self.adoptHistoryIfProven()
        return nil
    }
}
