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

    /// Takes writes from now on. On the loop.
    func lead(generation: UInt64) {
        guard generation > self.roleGeneration, !self.isStopped else { return }
        self.roleGeneration = generation
        self.follower?.stop()
        self.follower = nil
        self.engine.setFollowing(false)
        self.refreshWriteRefusal()
    }

    /// What a handshake with a primary may claim.
    var followClaim: (position: Position, history: History) {
        // Who has nothing has no history either.
        let tip = self.engine.tip
        return (tip, tip == 0 ? .none : self.engine.stream.history)
    }
}
