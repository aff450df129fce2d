// Replies that wait: for the log, as `--log-sync` promises, and then for replicas, as `--commit` asks. While they wait
// nothing else of the connection is carried out.

import Engine
import NIOCore
import Primitives
import RESP
import Replication

/// Replies of one connection that wait.
struct HeldReplies {
    var bytes: [UInt8] = []
    /// Which of the bytes answer writes; only where a commit rule may turn them into errors.
    var writes: [Range<Int>] = []
    /// What must be as safe as promised before they leave.
    var position: Position = 0
    /// What replicas must have acknowledged before they leave; nil where they are not asked.
    var commitPosition: Position?
    /// A majority of the group must say that this node still leads before they leave.
    var needsConfirmation = false

    mutating func append(_ bytes: Bytes, writes: [Range<Int>]) {
        let start = self.bytes.count
        self.writes += writes.map { ($0.lowerBound + start)..<($0.upperBound + start) }
        self.bytes.append(contentsOf: bytes)
    }

    /// Empties it for the next time; what was usual keeps its room.
    mutating func removeAll() {
        self.bytes.removeAll(keepingCapacity: self.bytes.capacity <= 4096)
        self.writes.removeAll()
        self.position = 0
        self.commitPosition = nil
        self.needsConfirmation = false
    }

    /// Answers every write with an error instead.
    mutating func refuseWrites(_ message: String) {
        var rewritten: [UInt8] = []
        var end = 0
        for range in self.writes {
            rewritten += self.bytes[end..<range.lowerBound]
            rewritten += Array("-\(message)\r\n".utf8)
            end = range.upperBound
        }
        rewritten += self.bytes[end...]
        self.bytes = rewritten
        self.writes = []
    }
}

extension ClientConnection {
    /// Keeps replies back if they must wait; false when they may leave.
    func hold(_ bytes: Bytes) -> Bool {
        let position = self.shard.replyPosition
        let isCommitted = self.writeReplies.isEmpty || self.shard.node.options.commitRule == nil
        guard self.isHeld || position != nil || !isCommitted || self.session.readsConsistently else {
            self.writeReplies.removeAll(keepingCapacity: true)
            return false
        }
        self.heldReplies.append(bytes, writes: self.writeReplies)
        self.writeReplies.removeAll(keepingCapacity: true)
        if let position { self.heldReplies.position = position }
        if !isCommitted { self.heldReplies.commitPosition = self.shard.engine.tip }
        if self.session.readsConsistently { self.heldReplies.needsConfirmation = true }
        if !self.isHeld {
            self.isHeld = true
            self.advanceHold()
        }
        return true
    }

    /// Waits for what is still missing, or lets the replies go.
    func advanceHold() {
        if !self.shard.engine.mayReply(to: self.heldReplies.position, now: self.shard.now) {
            return self.shard.hold(until: self.heldReplies.position, .client(self))
        }
        if self.heldReplies.needsConfirmation, !self.isGone { return self.awaitConfirmation() }
        let options = self.shard.node.options
        guard let position = self.heldReplies.commitPosition, let rule = options.commitRule, !self.isGone else {
            return self.releaseReplies()
        }
        let token = self.shard.node.newCommitToken()
        self.commitWaits.append((self.shard, token))
        self.shard.awaitCommit(position, rule, timeout: options.commitTimeout, token: token) { [self] outcome in
            self.endWait(token)
            if !outcome.isReached { self.heldReplies.refuseWrites(Shard.commitRefusal) }
            if self.heldReplies.commitPosition == position { self.heldReplies.commitPosition = nil }
            self.advanceHold()
        }
    }

    /// Asks the others whether this node still leads (`READ CONSISTENT`).
    private func awaitConfirmation() {
        self.heldReplies.needsConfirmation = false
        guard let group = self.shard.group else { return self.advanceHold() }
        group.confirmLeadership { [self] isConfirmed in
            if !isConfirmed { self.heldReplies.refuseWrites(Self.notConfirmed) }
            self.advanceHold()
        }
    }

    static let notConfirmed = "CLUSTERDOWN This node cannot make sure that it still leads: ask again"

    private func releaseReplies() {
        let writer = self.shard.writer
        self.heldReplies.bytes.withUnsafeBytes { writer.raw($0) }
        self.heldReplies.removeAll()
        self.isHeld = false
        self.flush(isReleased: true)
        self.resume()
    }
}
