// The two roles of a shard: it numbers what its clients write, or it follows a stream that is numbered elsewhere.

import Engine
import NIOCore
import Primitives
import Replication

extension Shard {
    /// Redis's words.
    static let followerRefusal = "READONLY You can't write against a read only replica."

    /// Follows a primary from now on, whatever the shard was before. On the loop.
    /// - Parameter generation: of the role; one that is older than the shard's changes nothing.
    func follow(_ primary: PrimaryAddress, generation: UInt64) {
        guard generation > self.roleGeneration, !self.isStopped else { return }
        self.roleGeneration = generation
        self.follower?.stop()
        self.engine.setFollowing(true)
        self.follower = ShardFollower(self, primary: primary, seed: UInt64.random(in: .min ... .max))
        self.refreshWriteRefusal()
        self.follower?.start()
    }

    /// Takes writes, once it is on disk that they are numbered in a history of their own. On the loop.
    /// - Parameters:
    ///   - generation: as for `follow`.
    ///   - fresh: a random history; replicas of the old one that are not beyond this shard's tip go on in it.
    ///   - done: called on the loop.
    func lead(generation: UInt64, _ fresh: History, then done: @escaping (ChangeResult) -> Void) {
        guard generation >= self.roleGeneration, !self.isStopped else {
            return done(.failure(ChangeFailure(description: "the node has been given another role")))
        }
        self.roleGeneration = generation
        guard let follower = self.follower else { return done(.success(())) }
        follower.stop()
        guard !self.changes.isUnderWay else {
            // What the stream has begun ends first: it may move the tip.
            let bound = NIOLoopBound(done, eventLoop: self.loop)
            self.loop.scheduleTask(in: Self.changeInterval) {
                self.lead(generation: generation, fresh, then: bound.value)
            }
            return
        }
        self.changeHistory(to: self.historyRecord.left(at: self.engine.tip, for: fresh)) { result in
            if case .success = result, self.roleGeneration == generation {
                self.follower = nil
                self.engine.setFollowing(false)
                self.refreshWriteRefusal()
            }
            done(result)
        }
    }

    private static let changeInterval = TimeAmount.milliseconds(1)

    /// The history that the shard's data is numbered in, with where it comes from.
    var historyRecord: HistoryRecord {
        self.log?.store.history
            ?? HistoryRecord(
                history: self.engine.stream.history,
                ancestors: self.engine.replicas.slots.ancestors,
                sync: self.node.options.logSync,
                isFollowed: self.follower != nil
            )
    }

    /// What a handshake with a primary may claim.
    var followClaim: (position: Position, history: History) {
        // Who has nothing has no history either.
        let tip = self.engine.tip
        return (tip, tip == 0 ? .none : self.engine.stream.history)
    }
}
