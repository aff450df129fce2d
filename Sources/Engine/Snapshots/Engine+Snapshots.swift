// Snapshots for links: a pass begins, is produced slice by slice between commands, and ends.
//
// What a pass shows is what the last number given out (`tip`) had made of the data: view and position are taken in one step,
// between two commands. Under `--log-sync always` that is more than links may know of yet. The bytes are sent all the same,
// because a replica uses none of them before the line that ends the snapshot, and that line waits until everything in it is
// durable (`SnapshotPasses.tipReached`).

import Keyspace
package import Primitives
import Replication
import ReplicationLog

/// A snapshot that is being written for the links of a pass.
package struct SnapshotProduction {
    let pass: UInt64
    let writer: SnapshotWriter
}

extension Engine {
    /// A slot's log is kept for its replica; anybody else is copied when that costs less than the log that it would replay.
    mutating func cheapest(_ plan: ResumePlan, for request: HandshakeRequest) -> ResumePlan {
        guard plan == .resume(.disk), let map = self.logMap,
            self.stream.snapshots.waitingCount < SnapshotOptions.mostWaiting
        else { return plan }
        let slots = self.replicas.slots
        let isCheaper = ResumePlanner.isSnapshotCheaper(
            position: request.position,
            hasValidSlot: slots[request.id].map { slots.held(by: $0) != nil } ?? false,
            replayBytes: map.retainedBytes(after: request.position),
            dataBytes: self.keyspace.estimatedBytes()
        )
        return isCheaper ? .snapshot(.cheaper) : plan
    }

    /// Begins a pass for the links that wait, if it is their turn.
    /// - Parameter version: of the server, for the file.
    /// - Returns: whether one was begun. Where all views of the data are taken the links go on waiting.
    package mutating func triggerSnapshots(version: String, now: Milliseconds) -> Bool {
        guard self.stream.snapshots.isPassDue(now: now) else { return false }
        let facts = SnapshotFacts(
            history: self.stream.history,
            position: self.tip,
            now: now,
            version: version,
            record: self.group?.lastRecord
        )
        guard let writer = SnapshotWriter(on: &self.keyspace, facts) else { return false }
        let beginning = self.stream.beginSnapshots(at: self.tip, now: now)
        self.productions.append(SnapshotProduction(pass: beginning.pass, writer: writer))
        for link in beginning.links { self.replicas.slots.snapshotTriggered(number: link, at: self.tip) }
        return true
    }

    /// Produces the next piece that links ask for, some tens of KiB.
    /// - Returns: whether there was one.
    package mutating func produceSnapshot(now: Milliseconds) -> Bool {
        guard let work = self.stream.snapshots.takeWork(now: now) else { return false }
        guard let index = self.productions.firstIndex(where: { $0.pass == work.pass }) else {
            preconditionFailure("a pass that asks has its view")
        }
        let writer = self.productions[index].writer
        let isFinished = writer.write(from: &self.keyspace, into: work.piece.writer, limit: work.limitBytes)
        if isFinished { self.productions.remove(at: index) }
        self.stream.snapshots.produced(work, isFinished: isFinished)
        self.settleSnapshots(now: now)
        return true
    }

    /// Ends what can be ended: snapshots whose position may be told, passes that nobody reads, links that have got all.
    /// - Returns: whether links have gone over to the stream.
    @discardableResult
    package mutating func settleSnapshots(now: Milliseconds) -> Bool {
        self.stream.snapshots.tipReached(self.stream.tip)
        for pass in self.stream.takeAbandonedPasses() {
            guard let index = self.productions.firstIndex(where: { $0.pass == pass }) else { continue }
            self.productions[index].writer.close(on: &self.keyspace)
            self.productions.remove(at: index)
        }
        let copied = self.stream.takeCopied()
        for link in copied {
            self.replicas.slots.snapshotFinished(number: link.number, at: link.position, now: now)
            self.replicas.registry.linkSent(number: link.number, to: link.position)
            self.replicas.hasProgressed = true
        }
        return !copied.isEmpty
    }
}
