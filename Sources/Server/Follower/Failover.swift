// A planned handover: this node's writes wait, the target gets everything, takes over, and is followed. Nothing that was
// acknowledged is lost, and nothing is accepted in between.
//
//     waiting-for-sync: writes wait; the target is asked until it has everything          abort, time-out → writes go on
//     failover-in-progress: the target is told to take over, and does so at once or not   → follow it, or writes go on
//
// The target is told on its client port, with the histories and positions that it must have. Telling it twice does no harm:
// when an answer is lost it is asked again, so that both sides never think differently for longer than they cannot talk. Source of the
// command and its states: https://redis.io/docs/latest/commands/failover/; the target must be named here.

import Engine
import Logging
import NIOCore
import Primitives
import Replication
import Synchronization

/// Where a handover stands.
struct FailoverState: Sendable {
    enum Stage: String, Sendable {
        case none = "no-failover"
        case waiting = "waiting-for-sync"
        case promoting = "failover-in-progress"
    }

    var stage = Stage.none
    /// One was aborted whose pauses have not ended on every shard: another must wait, or its own would end with them.
    var isEnding = false
    /// Numbers the handovers; what belongs to an earlier one is ignored.
    var number: UInt64 = 0
}

/// One handover, on one shard's loop.
final class Failover {
    private let node: Node
    private let target: PrimaryAddress
    private let loop: any EventLoop
    private let number: UInt64
    /// Wall clock; nil to wait until it is done or aborted.
    private let deadline: Milliseconds?
    private var streams: [TakeoverStream] = []

    /// Between two questions to the target.
    private static let interval = TimeAmount.milliseconds(5)
    private static let retryInterval = TimeAmount.milliseconds(100)
    /// For one answer.
    private static let questionTimeout = TimeAmount.seconds(5)
    /// Longer than anybody waits; a pause needs an end.
    private static let longest: Milliseconds = 365 * 86_400_000

    init(_ node: Node, to target: PrimaryAddress, number: UInt64, timeout: Milliseconds?, on loop: any EventLoop) {
        self.node = node
        self.target = target
        self.number = number
        self.loop = loop
        self.deadline = timeout.map { WallClock.milliseconds + $0 }
    }

    /// Lets writes wait, and begins.
    func start() {
        self.node.logger.notice("handing over", metadata: ["target": "\(self.target)"])
        let until = WallClock.milliseconds + Self.longest
        let (node, number) = (self.node, self.number)
        let pauses = node.shards.map { shard in
            shard.loop.submit { () -> TakeoverStream in
                if node.failover.withLock({ $0.number == number }) { shard.pauseWrites(until: until, for: .failover) }
                return TakeoverStream(history: shard.engine.stream.history, position: shard.engine.tip)
            }
        }
        let bound = NIOLoopBound(self, eventLoop: self.loop)
        EventLoopFuture.whenAllSucceed(pauses, on: self.loop).whenComplete { result in
            switch result {
            case .success(let streams):
                bound.value.streams = streams
                bound.value.askTarget()
            case .failure(let error): bound.value.giveUp("\(error)")
            }
        }
    }

    private var stage: FailoverState.Stage {
        self.node.failover.withLock { $0.number == self.number ? $0.stage : .none }
    }

    private var isLate: Bool { self.deadline.map { WallClock.milliseconds >= $0 } ?? false }

    /// Whether the target has everything; asked again until it has.
    private func askTarget() {
        guard self.stage == .waiting else { return self.giveUp("it was aborted") }
        guard !self.isLate else { return self.giveUp("the target did not get everything in time") }
        self.ask(.ask) { failover, answer in
            switch answer {
            case .done: failover.promoteTarget()
            case .notYet: failover.after(Self.interval) { $0.askTarget() }
            case .refused(let reason): failover.giveUp(reason)
            case .unreachable: failover.after(Self.retryInterval) { $0.askTarget() }
            }
        }
    }

    /// From here on it is for the target to say how it ends.
    private func promoteTarget() {
        let isBegun = self.node.failover.withLock { state in
            guard state.number == self.number, state.stage == .waiting else { return false }
            state.stage = .promoting
            return true
        }
        guard isBegun else { return self.giveUp("it was aborted") }
        self.tellTarget()
    }

    private func tellTarget() {
        self.ask(.take) { failover, answer in
            switch answer {
            case .done: failover.follow()
            case .notYet: failover.giveUp("the target has lost what it had")
            case .refused(let reason): failover.giveUp(reason)
            // It may have taken over, and its answer was lost.
            case .unreachable(let reason):
                guard !failover.isLate else { return failover.giveUp("the target does not answer: \(reason)") }
                failover.after(Self.retryInterval) { $0.tellTarget() }
            }
        }
    }

    private func follow() {
        guard let generation = self.node.changeRole(to: self.target) else { return self.giveUp("the role is another") }
        self.node.logger.notice("handed over", metadata: ["target": "\(self.target)"])
        let target = self.target
        let changes = self.node.shards.map { shard in
            shard.loop.submit {
                shard.follow(target, generation: generation)
                // Those who wait to write are told that they cannot.
                shard.endPause(for: .failover)
            }
        }
        let bound = NIOLoopBound(self, eventLoop: self.loop)
        EventLoopFuture.whenAllComplete(changes, on: self.loop).whenComplete { _ in bound.value.end() }
    }

    private func giveUp(_ reason: String) {
        // One that was aborted has nothing to say any more: writes go on, or wait for another.
        guard self.node.failover.withLock({ $0.number == self.number }) else { return }
        self.node.logger.warning(
            "the handover was given up, writes go on",
            metadata: ["target": "\(self.target)", "reason": "\(reason)"]
        )
        let changes = self.node.shards.map { shard in shard.loop.submit { shard.endPause(for: .failover) } }
        let bound = NIOLoopBound(self, eventLoop: self.loop)
        EventLoopFuture.whenAllComplete(changes, on: self.loop).whenComplete { _ in bound.value.end() }
    }

    private func end() {
        self.node.failover.withLock { if $0.number == self.number { $0.stage = .none } }
    }

    private func after(_ wait: TimeAmount, _ body: @escaping (Failover) -> Void) {
        let bound = NIOLoopBound((self, body), eventLoop: self.loop)
        self.loop.scheduleTask(in: wait) { bound.value.1(bound.value.0) }
    }

    /// Nobody waits longer than to the deadline; what the target was told to do is given a little more.
    private func timeout(_ step: TakeoverStep) -> TimeAmount {
        guard let deadline = self.deadline else { return Self.questionTimeout }
        let left = TimeAmount.milliseconds(max(1, deadline - WallClock.milliseconds))
        switch step {
        case .ask: return min(left, Self.questionTimeout)
        case .take: return max(left, Self.questionTimeout)
        }
    }

    private func ask(_ step: TakeoverStep, _ body: @escaping (Failover, TakeoverAnswer) -> Void) {
        let bound = NIOLoopBound((self, body), eventLoop: self.loop)
        PrimaryQuestion.ask(
            TakeoverRequest(step: step, streams: self.streams).encoded,
            of: self.target,
            on: self.loop,
            timeout: self.timeout(step)
        ) { TakeoverAnswer($0) }
        .whenComplete { result in
            let (failover, body) = bound.value
            switch result {
            case .success(let answer): body(failover, answer)
            case .failure(let error): body(failover, .unreachable("\(error)"))
            }
        }
    }
}

extension Node {
    /// Begins a handover; nil when one is under way.
    func beginFailover() -> UInt64? {
        self.failover.withLock { state in
            guard state.stage == .none, !state.isEnding else { return nil }
            state.stage = .waiting
            state.number += 1
            return state.number
        }
    }

    /// What became of the wish to end a handover.
    enum FailoverAbort {
        case aborted
        case noneUnderWay
        /// The target has been told: only it knows.
        case tooLate
    }

    func abortFailover() -> FailoverAbort {
        self.failover.withLock { state in
            switch state.stage {
            case .none: return .noneUnderWay
            case .promoting: return .tooLate
            case .waiting:
                // The handover finds itself aborted at its next step; whoever asked for it lets writes go on.
                state.stage = .none
                state.isEnding = true
                state.number += 1
                return .aborted
            }
        }
    }
}
