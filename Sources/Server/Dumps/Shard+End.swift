import Engine
import Keyspace
import NIOCore
import Primitives

extension Shard {
    /// Saves what has changed, as the last thing but one of an orderly end: the next start then replays nothing. The log has it
    /// all the same, so that a failure costs time alone.
    func saveAtEnd() -> EventLoopFuture<Void> {
        let promise = self.loop.makePromise(of: Void.self)
        let isWanted =
            switch self.node.shutdown.saving {
            case .ifChanged: self.engine.tip != self.dumps.newest.position
            case .nothing: false
            }
        let isDecided = self.engine.group.map { $0.decided == self.engine.tip } ?? true
        guard isWanted, self.log != nil, self.isLogSafe, isDecided else {
            promise.succeed()
            return promise.futureResult
        }
        // Views that have just ended may still be in the way.
        while self.engine.keyspace.releaseSlice() {}
        self.saveDump { _ in promise.succeed() }
        // No tick will try again.
        if self.dumps.running == nil { self.abandonDump(.stopped) }
        return promise.futureResult
    }
}
