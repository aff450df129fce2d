// Writes that wait: asked for by `CLIENT PAUSE`, or by a node that hands its part over and must not move any more. The tip of
// a paused shard stands still: clients that want to write wait, reads go on, and no key ends by the clock.
// Source: https://redis.io/docs/latest/commands/client-pause/; `ALL` holds back every command on data here, and none on the
// connection or the node, so that CLIENT UNPAUSE is always heard.

import Engine
import Keyspace
import NIOCore
import Primitives
import RESP

/// What waits.
enum PauseScope: Int, Sendable {
    case writes
    case all
}

/// Who asked for a pause. Each has one of its own, and ends it on its own.
enum PausePurpose: Sendable {
    case client
    case failover
}

/// The pauses of a shard, and who waits for their end.
struct ShardPauses {
    private struct Pause {
        var scope: PauseScope
        var until: Milliseconds
    }

    private var pauses: [PausePurpose: Pause] = [:]
    /// The strictest of them; nil when nothing waits.
    private(set) var scope: PauseScope?
    /// Connections whose next command waits.
    var clients: [ClientConnection] = []
    /// Kept at the end of the pause; for what waits without a connection of this shard.
    var end: EventLoopPromise<Void>?
    /// How many wait for `end`.
    var others = 0

    var waiting: Int { self.clients.count + self.others }

    /// Never ends a pause earlier, and never makes it milder, than what was asked for before.
    mutating func add(_ scope: PauseScope, until: Milliseconds, for purpose: PausePurpose) {
        let before = self.pauses[purpose]
        self.pauses[purpose] = Pause(
            scope: before?.scope == .all ? .all : scope,
            until: max(until, before?.until ?? until)
        )
        self.refresh()
    }

    mutating func remove(_ purpose: PausePurpose) {
        self.pauses[purpose] = nil
        self.refresh()
    }

    mutating func removeExpired(now: Milliseconds) {
        self.pauses = self.pauses.filter { $0.value.until > now }
        self.refresh()
    }

    /// When the next of them ends.
    var firstEnd: Milliseconds? { self.pauses.values.map(\.until).min() }

    private mutating func refresh() {
        self.scope = self.pauses.values.map(\.scope).max { $0.rawValue < $1.rawValue }
    }
}

/// A shard that ended while something waited for it.
struct ShardStopped: Error, CustomStringConvertible {
    var description: String { "the server is stopping" }
}

/// What becomes of a command.
enum CommandVerdict {
    case runs
    case waits
    case refused(String)
}

extension Shard {
    /// The longest wait for one timer; what lasts longer is looked at again then.
    private static let longestTimer: Milliseconds = 60_000

    /// Lets writes (or everything) wait until a time of the wall clock, or until `endPause`.
    func pauseWrites(_ scope: PauseScope = .writes, until: Milliseconds, for purpose: PausePurpose = .failover) {
        self.changePauses { $0.add(scope, until: until, for: purpose) }
        self.expirePauses()
    }

    func endPause(for purpose: PausePurpose) {
        self.changePauses { $0.remove(purpose) }
    }

    /// Ends pauses whose time has come, and sees to it that the others are looked at in time.
    private func expirePauses() {
        let now = WallClock.milliseconds
        self.changePauses { $0.removeExpired(now: now) }
        guard let next = self.pauses.firstEnd else { return }
        let delay = min(max(1, next - now), Self.longestTimer)
        self.loop.scheduleTask(in: .milliseconds(delay)) { self.expirePauses() }
    }

    private func changePauses(_ body: (inout ShardPauses) -> Void) {
        let before = self.pauses.scope
        body(&self.pauses)
        guard self.pauses.scope != before else { return }
        self.refreshGuard()
        if self.pauses.scope == nil {
            self.engine.keyspace.releaseExpiry()
        } else {
            self.engine.keyspace.holdExpiry()
        }
        // After a pause of everything reads may go on; what writes comes back to wait.
        if before != nil { self.resumePaused() }
    }

    private func resumePaused() {
        let end = self.pauses.end
        let clients = self.pauses.clients
        self.pauses.end = nil
        self.pauses.clients = []
        self.pauses.others = 0
        end?.succeed()
        for client in clients { client.resumeAfterPause() }
    }

    /// The shard has ended; promises behind the pause end with it.
    func dropPauses() {
        self.pauses.end?.fail(ShardStopped())
        self.pauses = ShardPauses()
    }

    /// Keeps the one flag that the path of a command looks at.
    func refreshGuard() {
        let isElsewhere = self.group.map { !$0.isServing || $0.isFull } ?? false
        self.isGuarded = self.writeRefusal != nil || self.pauses.scope != nil || isElsewhere
    }

    /// Whether a command may run now.
    /// - Parameter isReadOnly: the client reads from members of a group that do not lead, too.
    func verdict(_ index: Int, _ command: Command, isReadOnly: Bool) -> CommandVerdict {
        if let refusal = self.refusal(index, command, isReadOnly: isReadOnly) { return .refused(refusal) }
        return self.mustWait(isWrite: self.node.table.specs[index].flags.contains(.write)) ? .waits : .runs
    }

    func mustWait(isWrite: Bool) -> Bool {
        switch self.pauses.scope {
        case nil: false
        case .writes: isWrite
        case .all: true
        }
    }

    /// Runs `body` at once, or at the end of the pause.
    func afterPause<Value: Sendable>(
        isWrite: Bool = true,
        _ body: @escaping @Sendable () -> EventLoopFuture<Value>
    ) -> EventLoopFuture<Value> {
        guard self.mustWait(isWrite: isWrite) else { return body() }
        let end = self.pauses.end ?? self.loop.makePromise()
        self.pauses.end = end
        self.pauses.others += 1
        return end.futureResult.flatMap { self.afterPause(isWrite: isWrite, body) }
    }
}

extension ClientConnection {
    /// Takes nothing more until the pause of the shard is over.
    func waitForPauseEnd() {
        self.isAwaiting = true
        self.shard.pauses.clients.append(self)
    }

    func resumeAfterPause() {
        self.isAwaiting = false
        self.resume()
    }
}
