// Whether a node is a primary or a replica, and of whom. Every shard carries a change out on its own loop; what is written
// here is what the node is asked to be, by whoever asked last.

import Logging
import NIOCore
import Primitives
import Synchronization

struct NodeRole: Sendable {
    /// Whom the node follows; nil for a primary.
    var primary: PrimaryAddress?
    /// Rises with every change, so that two that overlap end alike on every shard.
    var generation: UInt64 = 0
}

extension Node {
    /// Whom the node follows; nil for a primary.
    var primary: PrimaryAddress? { self.role.withLock { $0.primary } }

    var isReplica: Bool { self.primary != nil }

    /// Writes a new role down.
    /// - Returns: its generation; nil when it is the present one.
    func changeRole(to primary: PrimaryAddress?) -> UInt64? {
        self.role.withLock { role in
            guard role.primary != primary else { return nil }
            role.primary = primary
            role.generation += 1
            return role.generation
        }
    }
}

extension Node {
    /// Makes a replica a primary.
    /// - Returns: what went wrong, nil for nothing, once every shard may take writes; nil at once if it is a primary already.
    func promote(on loop: any EventLoop) -> EventLoopFuture<String?>? {
        guard let primary = self.primary, let generation = self.changeRole(to: nil) else { return nil }
        self.logger.notice("becoming a primary")
        return self.lead(generation: generation, on: loop).map { failure in
            if let failure {
                self.logger.error("cannot become a primary", metadata: ["reason": "\(failure)"])
                if self.role.withLock({ $0.generation == generation }) { self.follow(primary) }
            }
            return failure
        }
    }

    /// Lets every shard take writes, each under a new history.
    /// - Returns: what went wrong; nil for nothing.
    private func lead(generation: UInt64, on loop: any EventLoop) -> EventLoopFuture<String?> {
        var generator = SystemRandomNumberGenerator()
        let changes = self.shards.map { shard in
            let fresh = History(using: &generator)
            return shard.loop.flatSubmit {
                let promise = shard.loop.makePromise(of: String?.self)
                shard.lead(generation: generation, fresh) { result in
                    switch result {
                    case .success: promise.succeed(nil)
                    case .failure(let error): promise.succeed("\(error)")
                    }
                }
                return promise.futureResult
            }
        }
        return EventLoopFuture.whenAllSucceed(changes, on: loop).map { $0.lazy.compactMap { $0 }.first }
    }

    /// Follows a primary, if it is not doing so already.
    func follow(_ primary: PrimaryAddress?) {
        guard let primary, let generation = self.changeRole(to: primary) else { return }
        for shard in self.shards { shard.loop.execute { shard.follow(primary, generation: generation) } }
    }
}
