// A snapshot is loaded beside the live data, which answers reads until all of it has come and was right; with a data directory
// its bytes also go to a folder beside the shard's, which takes that one's place first. One that ends early, or is damaged, is
// thrown away, and nothing has changed.

import Engine
import Keyspace
import Logging
import NIOCore
import Primitives
import Replication

/// A snapshot that is being received.
struct IncomingSnapshot {
    let loader: SnapshotLoader
    /// nil without a data directory.
    let staged: StagedDump?
    let beganAt: Milliseconds
}

extension ShardFollower {
    /// A second beginning starts over.
    func snapshotBegan() {
        self.abandonSnapshot()
        self.counters.snapshotsBegun += 1
        let (index, shards) = (self.shard.index, self.shard.node.options.shards)
        let loader = SnapshotLoader(
            seed: UInt64.random(in: .min ... .max),
            accepts: shards == 1 ? nil : { KeySlot.shard(of: $0, shards: shards) == index },
            events: self.shard.events
        )
        let staged = self.shard.log.flatMap { _ in self.shard.node.keeper }.map {
            StagedDump($0, shard: index, loop: self.shard.loop)
        }
        self.incoming = IncomingSnapshot(loader: loader, staged: staged, beganAt: self.shard.now)
        self.shard.node.logger.notice(
            "a snapshot begins",
            metadata: ["shard": "\(index)", "position": "\(self.shard.engine.tip)"]
        )
        self.report()
    }

    /// - Returns: why the connection must end.
    func snapshotCame(_ bytes: Bytes) -> FollowerEnd? {
        guard let incoming = self.incoming else { return .malformed(.malformedSnapshot) }
        do throws(SnapshotError) {
            try incoming.loader.load(bytes)
        } catch {
            return .badSnapshot("\(error)")
        }
        guard let staged = incoming.staged else { return nil }
        staged.append(Array(bytes))
        guard staged.isFull else { return nil }
        // The disk is slower than the primary: nothing more is taken, and in the end nothing more is read.
        self.isHeld = true
        let attempt = self.attempt
        staged.onRoom = { [unowned self] in
            guard self.attempt == attempt else { return }
            self.isHeld = false
            self.scheduleDrain()
        }
        return nil
    }

    /// - Returns: why the connection must end.
    func snapshotEnded(at position: Position) -> FollowerEnd? {
        guard let incoming = self.incoming else { return .malformed(.malformedSnapshot) }
        let loaded: LoadedSnapshot
        do throws(SnapshotError) {
            loaded = try incoming.loader.finish()
        } catch {
            return .badSnapshot("\(error)")
        }
        guard let history = self.roundHistory ?? loaded.history, loaded.history ?? history == history,
            loaded.position ?? position == position, position > 0 || loaded.keyCount == 0
        else { return .badSnapshot("the snapshot is of another history or position than its envelope says") }
        incoming.staged?.onRoom = nil
        self.incoming = nil
        self.isInstalling = true
        self.isHeld = true
        self.grantedHistory = nil
        let attempt = self.attempt
        self.shard.install(
            at: position,
            staged: incoming.staged,
            history: self.recordOfSnapshot(history),
            then: { [self] in self.installed($0, position, loaded.keyCount, incoming, attempt: attempt) },
            replaceData: { $0.adopt(loaded.takeKeyspace()) }
        )
        return nil
    }

    private func recordOfSnapshot(_ history: History) -> HistoryRecord {
        let ancestors = self.topology.flatMap { $0.history == history ? $0.ancestors : nil } ?? []
        return HistoryRecord(history: history, ancestors: ancestors, sync: self.shard.node.options.logSync).followed()
    }

    private func installed(
        _ result: Shard.ChangeResult,
        _ position: Position,
        _ keys: Int,
        _ incoming: IncomingSnapshot,
        attempt: Int
    ) {
        self.isInstalling = false
        switch result {
        case .success:
            self.counters.snapshotsInstalled += 1
            self.shard.node.logger.notice(
                "a snapshot was installed",
                metadata: [
                    "shard": "\(self.shard.index)", "position": "\(position)", "keys": "\(keys)",
                    "bytes": "\(incoming.loader.byteCount)",
                    "milliseconds": "\(max(0, WallClock.milliseconds - incoming.beganAt))",
                ]
            )
        case .failure: self.counters.snapshotsAbandoned += 1
        }
        guard self.attempt == attempt else { return }
        self.isHeld = false
        if case .failure(let error) = result { return self.ended(.badSnapshot("it cannot be stored: \(error)")) }
        self.progressMade()
        self.report()
        self.scheduleDrain()
    }

    /// Throws away what has come of a snapshot.
    func abandonSnapshot() {
        guard let incoming = self.incoming else { return }
        self.incoming = nil
        self.counters.snapshotsAbandoned += 1
        incoming.staged?.onRoom = nil
        incoming.staged?.discard()
    }
}
