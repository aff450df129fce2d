// Writers that wait for replicas: `WAIT`, `WAITAOF` and `--commit`.

import Engine
import NIOCore
import Primitives
import RESP
import Replication

extension Shard {
    /// What a write is answered that did not gather its acknowledgements in time.
    static let commitRefusal =
        "NOREPLICAS Not enough replicas acknowledged the write in time: it stays applied, and replicas may have it"

    /// Calls back once the rule holds at a position, or the time is over.
    /// - Parameters:
    ///   - token: names the wait, for `cancelCommit`; nil takes a new one.
    ///   - timeout: milliseconds; 0 waits for ever.
    func awaitCommit(
        _ position: Position,
        _ rule: CommitRule,
        timeout: Milliseconds,
        token: UInt64? = nil,
        _ body: @escaping (CommitOutcome) -> Void
    ) {
        self.admitParkedLinks()
        let token = token ?? self.node.newCommitToken()
        self.commitWaits[token] = body
        let deadline = timeout == 0 ? nil : WallClock.milliseconds + timeout
        self.engine.replicas.waiter.add(token, position: position, rule: rule, deadline: deadline)
        self.scheduleTurn()
    }

    /// The one who waited is gone.
    func cancelCommit(_ token: UInt64) {
        self.engine.replicas.waiter.cancel(token)
        self.commitWaits.removeValue(forKey: token)?(
            CommitOutcome(token: token, isReached: false, isLocal: false, count: 0)
        )
    }

    /// Wakes those whose wait is over.
    func finishCommits() {
        guard !self.commitWaits.isEmpty else { return }
        for outcome in self.engine.takeCommitOutcomes(now: WallClock.milliseconds) {
            self.commitWaits.removeValue(forKey: outcome.token)?(outcome)
        }
    }

    /// A part's replies, once the log and the replicas have what they tell of.
    /// - Parameter token: as in `awaitCommit`.
    func committed(_ replies: ShardPart.Replies, token: UInt64? = nil) -> EventLoopFuture<ShardPart.Replies> {
        let logged = self.held(replies)
        guard let rule = self.node.options.commitRule, !replies.writes.isEmpty else { return logged }
        let position = self.engine.tip
        return logged.flatMap { replies in
            let promise = self.loop.makePromise(of: ShardPart.Replies.self)
            self.awaitCommit(position, rule, timeout: self.node.options.commitTimeout, token: token) { outcome in
                promise.succeed(outcome.isReached ? replies : replies.refusingWrites(Self.commitRefusal))
            }
            return promise.futureResult
        }
    }
}
