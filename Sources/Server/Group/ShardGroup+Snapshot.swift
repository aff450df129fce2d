// A shard that cannot go on from what it has takes the leader's data as they are.

import Channels
import Engine
import Keyspace
import Logging
import NIOCore
import Primitives
import Replication
import ReplicationLog
import Synchronization

extension ShardGroup {
    func fetchSnapshot(_ number: UInt64, from node: NodeID, _ cause: Channels.SnapshotCause) {
        self.cancelSnapshot(nil)
        guard let peer = self.transport.peers[node] else { return self.take(.snapshotFailed(number)) }
        self.shard.node.logger.notice(
            "the leader's data are fetched",
            metadata: ["shard": "\(self.shard.index)", "leader": "\(node)", "cause": "\(cause.rawValue)"]
        )
        let fetch = GroupFetch(number, self.shard) { [unowned self] result in
            self.fetch = nil
            switch result {
            case .success(let snapshot):
                self.fetched = snapshot
                let record = snapshot.loaded.facts.record
                let mark = record.map { RecordMark(term: $0.term, checksum: $0.checksum) } ?? .none
                self.take(.snapshotFetched(number, tail: snapshot.position, last: mark))
                // What the channel does not take is of no use.
                if self.fetched?.number == number { self.dropFetched() }
            case .failure(let failure):
                self.shard.node.logger.notice(
                    "the leader's data could not be fetched",
                    metadata: ["shard": "\(self.shard.index)", "reason": "\(failure)"]
                )
                self.take(.snapshotFailed(number))
            }
        }
        self.fetch = fetch
        fetch.start(self.transport, from: peer)
    }

    /// - Parameter number: nil for whatever is under way.
    func cancelSnapshot(_ number: UInt64?) {
        if let fetch = self.fetch, number == nil || fetch.number == number {
            self.fetch = nil
            fetch.stop()
        }
        if let fetched = self.fetched, number == nil || fetched.number == number { self.dropFetched() }
    }

    private func dropFetched() {
        self.fetched?.staged.discard()
        self.fetched = nil
    }

    /// Lets what was fetched take the place of the shard's data.
    /// - Parameter discarded: what the leader lacks of them.
    func install(_ snapshot: UInt64, _ last: RecordMark, _ discarded: Range<Seq>, _ number: UInt64) {
        guard let fetched = self.fetched, fetched.number == snapshot else {
            return self.cannotGoOn("a copy of the leader's data is gone")
        }
        self.fetched = nil
        self.jobs.append(GroupJob(number: number))
        self.isReplacing = true
        let (position, keys) = (fetched.position, fetched.loaded.keyCount)
        let record = self.shard.historyRecord.grown(from: fetched.loaded.history, at: position)
        self.shard.install(
            at: position,
            staged: fetched.staged,
            history: record,
            // Under the quorum policy none of them was acknowledged.
            discarding: discarded.isEmpty || self.options.election == .quorum
                ? nil : discarded.lowerBound + 1...discarded.upperBound,
            then: { [unowned self] result in
                switch result {
                case .success:
                    self.diskBase = GroupDisk.Base(seq: position, mark: last)
                    self.records = GroupRecords(first: position, base: last)
                    self.shard.node.logger.notice(
                        "the leader's data were installed",
                        metadata: ["shard": "\(self.shard.index)", "position": "\(position)", "keys": "\(keys)"]
                    )
                    self.replaced(number)
                case .failure(let failure): self.cannotGoOn("the leader's data cannot be stored: \(failure)")
                }
            },
            replaceData: { $0.adopt(fetched.loaded.takeKeyspace()) }
        )
    }

    /// What tells the last record that the data hold from others with its number; for who copies them.
    func noteLastRecord() {
        self.flush()
        let mark = self.records.mark(before: self.shard.engine.tip) ?? .none
        self.shard.engine.group?.lastRecord = RecordFacts(term: mark.term, checksum: mark.checksum)
    }
}

extension HistoryRecord {
    /// The same history, into which another one's data have come: up to there both number the same.
    func grown(from history: History?, at position: Position) -> HistoryRecord {
        guard let history, history != self.history else { return self }
        let others = self.ancestors.filter { $0.history != history }
        return HistoryRecord(
            history: self.history,
            ancestors: others + [Ancestor(history: history, left: position)],
            sync: self.sync
        )
    }
}
