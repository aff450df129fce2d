// Links that wait for a snapshot or are sent one. They are served apart from the stream, so that a copy neither holds it up
// nor costs it anything while there is none.

package import Primitives

/// A link that was given a whole snapshot, and goes on after its position.
package struct CopiedLink: Equatable, Sendable {
    package var number: UInt64
    package var position: Position
}

extension Stream {
    /// Whether some link waits for a snapshot or is sent one, or the last of them has left something to tidy up.
    package var isCopying: Bool { !self.copying.isEmpty || !self.snapshots.isIdle }

    /// Begins a pass with every link that waits.
    /// - Parameter position: what the snapshot will hold.
    package mutating func beginSnapshots(at position: Position, now: Milliseconds) -> SnapshotBeginning {
        let beginning = self.snapshots.begin(at: position, now: now)
        for link in beginning.links {
            guard let index = self.index(of: link) else { preconditionFailure("a link that waits is known") }
            self.links[index].state = .sending
            self.links[index].isInsideSnapshot = true
            self.links[index].isHeartbeatDue = false
        }
        return beginning
    }

    /// The data behind a pass is gone or cannot be read: its links end, and come back for another one.
    package mutating func snapshotsEnded(_ cause: LinkCloseCause) {
        for link in self.copying {
            if let index = self.index(of: link), self.links[index].state == .sending { self.close(index, cause) }
        }
    }

    /// Production has gone on: links that are too far behind are given up.
    /// - Returns: passes that nobody reads any more.
    package mutating func takeAbandonedPasses() -> [UInt64] {
        var abandoned: [UInt64] = []
        // Giving up a link may leave its pass empty.
        while case let actions = self.snapshots.takeActions(), !actions.isEmpty {
            for action in actions {
                switch action {
                case .abandon(let pass): abandoned.append(pass)
                case .giveUp(let link):
                    if let index = self.index(of: link) { self.close(index, .snapshotLag) }
                }
            }
        }
        return abandoned
    }

    /// Offers bytes to links that are sent a snapshot, and heartbeats to those that wait.
    /// - Parameter limit: bytes that all of them together get in this call.
    /// - Returns: whether some link could take more at once of what there is.
    package mutating func sendSnapshots(limit: Int, now: Milliseconds, _ send: Send) -> Bool {
        var left = limit
        var hasMore = false
        for _ in 0..<self.copying.count {
            if self.nextCopying >= self.copying.count { self.nextCopying = 0 }
            // A link that gets to its end leaves the list.
            guard self.nextCopying < self.copying.count else { break }
            guard left > 0 else { return true }
            let link = self.copying[self.nextCopying]
            self.nextCopying += 1
            guard let index = self.index(of: link) else { preconditionFailure("a link that is copied is known") }
            if self.copy(index, &left, now: now, send) { hasMore = true }
        }
        return hasMore
    }

    /// Links that have got a whole snapshot since the last call.
    package mutating func takeCopied() -> [CopiedLink] {
        guard !self.copied.isEmpty else { return [] }
        defer { self.copied.removeAll() }
        return self.copied
    }

    /// Serves one link; true when it could take more at once.
    private mutating func copy(_ index: Int, _ left: inout Int, now: Milliseconds, _ send: Send) -> Bool {
        let number = self.links[index].number
        var budget = min(SnapshotPasses.creditBytes, left)
        while !self.links[index].isBlocked, budget > 0 {
            var taken = 0
            if self.links[index].state == .waiting, self.links[index].isHeartbeatDue {
                self.links[index].isHeartbeatDue = false
                self.links[index].control += Array("+PING \(self.tip) \(now)\r\n".utf8)
            }
            if !self.links[index].control.isEmpty {
                taken = self.links[index].offer(limit: budget, now: now, send)
            } else {
                guard let bytes = self.snapshots.next(for: number) else { return false }
                taken = self.links[index].offer(bytes, limit: budget, now: now, send)
                if let position = self.snapshots.took(number, taken) {
                    self.goOn(index, after: position, now: now)
                    return true
                }
            }
            budget -= taken
            left -= taken
        }
        return !self.links[index].isBlocked && self.snapshots.hasBytes(for: number)
    }

    /// The snapshot is out; what follows is the stream.
    private mutating func goOn(_ index: Int, after position: Position, now: Milliseconds) {
        self.links[index].state = .streaming
        self.links[index].isInsideSnapshot = false
        self.links[index].position = position
        self.links[index].copiedPosition = position
        self.links[index].cursor = nil
        self.links[index].acknowledgedAt = now
        let number = self.links[index].number
        self.copying.removeAll { $0 == number }
        self.copied.append(CopiedLink(number: number, position: position))
    }

    mutating func leaveSnapshots(_ number: UInt64) {
        self.snapshots.linkLeft(number)
        self.copying.removeAll { $0 == number }
    }

    /// The frames after the snapshot have left the backlog, and there is no log: the rest would be sent in vain.
    mutating func closeIfOutrun(_ index: Int) {
        guard !self.canReadLog, let position = self.snapshots.position(for: self.links[index].number),
            position < self.tip, self.backlog.isTooOld(after: position)
        else { return }
        self.close(index, .fellBehind)
    }
}

extension Link {
    /// Offers the transport bytes of a snapshot. A transport that does not take everything, or is broken, blocks the link.
    /// - Returns: the bytes taken.
    mutating func offer(_ bytes: Bytes, limit: Int, now: Milliseconds, _ send: Stream.Send) -> Int {
        let length = min(bytes.count, limit)
        guard case .took(let count) = send(self.number, self.transport, Bytes(rebasing: bytes.prefix(length))) else {
            self.isBlocked = true
            return 0
        }
        if count < length { self.isBlocked = true }
        if count > 0 {
            self.sentBytes += UInt64(count)
            self.progressAt = now
        }
        return count
    }
}
