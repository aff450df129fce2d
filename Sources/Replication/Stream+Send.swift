// Sending. Once per turn of the shard every link that is not blocked gets the new part of the stream, straight from the
// shared chunks.

package import Primitives

/// What the shell's transport did with bytes that it was offered.
package enum SendOutcome: Equatable, Sendable {
    /// It took the first so many bytes; fewer than offered means that it is full.
    case took(Int)
    case broken
}

extension Stream {
    /// Bytes by which a link gets nearer to the tip per turn at most, so that no replica starves the others. It gets what was
    /// written since its turn before in addition: clients that are served in every turn would leave it behind for good otherwise.
    package static let turnBytes = 256 * 1024
    /// What that may be at most. With very many links a turn of theirs comes rarely, and must not take the clients' time for it.
    package static let mostNewBytes = 4 << 20
    /// Links that are served per call at most, so that a thousand of them do not hold the clients up.
    package static let linksPerCall = 64

    /// Gives bytes to the transport of the link of that number. One that takes fewer than it was given must say when it can
    /// take more (`linkWritable`).
    package typealias Send = (_ number: UInt64, _ transport: Int32, Bytes) -> SendOutcome

    /// Offers bytes to links that have something to get.
    /// - Returns: whether some link could take more at once; the shell then calls again after its other work.
    package mutating func send(now: Milliseconds, _ send: Send) -> Bool {
        guard !self.links.isEmpty else { return false }
        var hasMore = false
        let served = min(self.links.count, Self.linksPerCall)
        for _ in 0..<served {
            if self.nextLink >= self.links.count { self.nextLink = 0 }
            if self.serve(self.nextLink, now: now, send) { hasMore = true }
            self.nextLink += 1
        }
        return hasMore || (served < self.links.count && self.hasLinkBehind)
    }

    private var hasLinkBehind: Bool {
        let tip = self.tip
        return self.links.contains {
            $0.state == .streaming && !$0.isBlocked && !$0.isWaitingForDisk && !$0.isCaughtUp(at: tip)
        }
    }

    /// Serves one link; true when it could take more at once.
    private mutating func serve(_ index: Int, now: Milliseconds, _ send: Send) -> Bool {
        guard self.links[index].state == .streaming else { return false }
        if self.links[index].copies != nil { self.copyNew(index) }
        let appended = self.backlog.appendedBytes
        let new = appended - (self.links[index].appendedBefore ?? appended)
        self.links[index].appendedBefore = appended
        var budget = Self.turnBytes + min(new, Self.mostNewBytes)
        while !self.links[index].isBlocked, budget > 0 {
            guard self.findOutput(index, now: now) else { return false }
            budget -= self.links[index].offer(limit: budget, now: now, send)
        }
        return !self.links[index].isBlocked && !self.links[index].isWaitingForDisk
            && !self.links[index].isCaughtUp(at: self.tip)
    }

    /// Makes sure that the link has something to offer; false when it has been given everything.
    private mutating func findOutput(_ index: Int, now: Milliseconds) -> Bool {
        if self.links[index].hasOutput || self.advanceCursor(index) { return true }
        if self.links[index].isHeartbeatDue, self.links[index].state == .streaming {
            self.links[index].isHeartbeatDue = false
            self.links[index].control = Array("+PING \(self.tip) \(now)\r\n".utf8)
            return true
        }
        return false
    }

    /// Moves a link to the next bytes of the stream; false when it stands at the tip, or has lost its place.
    private mutating func advanceCursor(_ index: Int) -> Bool {
        if let chunkEnd = self.links[index].chunkEnd {
            if self.links[index].hasChunkOutput { return true }
            self.links[index].position = chunkEnd
            // At the tip the link keeps its chunk: that is where the next frame will be.
            guard chunkEnd < self.tip else {
                // The next frame will not be in a chunk that was read from the log.
                if self.links[index].diskRead != nil {
                    self.links[index].diskRead = nil
                    self.links[index].cursor = nil
                }
                return false
            }
        }
        switch self.backlog.cursor(after: self.links[index].position) {
        case .found(let cursor):
            self.links[index].cursor = cursor
            self.links[index].diskRead = nil
            return true
        case .caughtUp: return false
        case .tooOld where self.canReadLog:
            return self.advanceOnDisk(index)
        case .tooOld, .future:
            self.links[index].cursor = nil
            self.close(index, .fellBehind)
            return false
        }
    }

    /// `--fan-out copy`: copies what is new for one link, blocked or not.
    private mutating func copyNew(_ index: Int) {
        guard let copies = self.links[index].copies else { return }
        while self.advanceCursor(index), let cursor = self.links[index].cursor {
            let bytes = cursor.chunk.bytes(from: cursor.offset)
            copies.append(bytes)
            self.links[index].cursor?.offset += bytes.count
        }
        if copies.count > self.backlog.limitBytes { self.close(index, .copyLimit) }
    }
}
