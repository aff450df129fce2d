// A primary and two replicas under a supervisor: it asks the primary at every heartbeat, gives it up after three that were
// missed, makes the replica the primary that has the most, and lets the other one follow it. So much anybody needs who runs a
// stream of replication, whatever the product.

import Sockets

final class SupervisedStage: FailoverStage {
    private static let replicas = 2
    private static let mostMissed = 3
    private static let currentSeconds = 60.0

    private let primary: Target
    private var replicas: [LiveReplica] = []
    private let heartbeat: UInt64
    private var missed = 0
    private var nextLook: UInt64 = 0
    private var successor: LiveReplica?

    init(_ one: FailoverCase, _ specification: TargetSpecification) throws(HarnessError) {
        self.heartbeat = UInt64(one.heartbeatMilliseconds) * 1_000_000
        self.primary = try TargetLauncher.launch(specification)
        do throws(HarnessError) {
            for _ in 0..<Self.replicas {
                let replica = try LiveReplica(of: self.primary, specification)
                self.replicas.append(replica)
                try replica.follow()
                var loading = LoadingTime()
                try Wait.until("a replica of \(self.primary.id) was online", withinSeconds: Self.currentSeconds) {
                    () throws(HarnessError) in try replica.isOnline(&loading)
                }
            }
        } catch {
            self.stop()
            throw error
        }
    }

    private var targets: [Target] { [self.primary] + self.replicas.map(\.target) }

    var ports: [UInt16] { self.targets.map(\.port) }

    func leader() -> Int {
        self.successor.flatMap { leader in self.targets.firstIndex { $0 === leader.target } } ?? 0
    }

    func crash(_ node: Int) { self.targets[node].child?.crash() }

    func successor(of victim: Int) throws(HarnessError) -> Int? {
        let now = Clocks.monotonicNanoseconds
        // The primary dies at any time between two looks.
        if self.nextLook == 0 { self.nextLook = now + UInt64.random(in: 0..<self.heartbeat) }
        guard now >= self.nextLook else { return nil }
        self.nextLook = now + self.heartbeat
        let client = GroupClient(
            ports: self.ports,
            member: victim,
            isFaithful: true,
            seconds: Double(self.heartbeat) / 1e9
        )
        self.missed = [.unknown, .unreachable].contains(client.ask(["PING"])) ? self.missed + 1 : 0
        guard self.missed >= Self.mostMissed else { return nil }
        try self.promote()
        return self.leader()
    }

    private func promote() throws(HarnessError) {
        var best: (replica: LiveReplica, position: UInt64)?
        for replica in self.replicas {
            let position = try replica.applied()
            if position >= best?.position ?? 0 { best = (replica, position) }
        }
        guard let chosen = best?.replica else { preconditionFailure("a stage has replicas") }
        let reply = try chosen.target.control.ask("REPLICAOF", "NO", "ONE")
        guard case .simple = reply else {
            throw HarnessError(.targetFailed, "a replica of \(self.primary.id) was told to lead: \(reply)")
        }
        self.successor = chosen
        for other in self.replicas where other !== chosen {
            try LiveReplica(of: chosen.target, running: other.target).follow()
        }
    }

    /// The victim stays away: what it had alone is gone with it.
    func settle(_ victim: Int, _ leader: Int) throws(HarnessError) -> FailoverEnd {
        guard let chosen = self.successor else { preconditionFailure("somebody has taken over") }
        var end = FailoverEnd()
        for other in self.replicas where other !== chosen {
            let follower = LiveReplica(of: chosen.target, running: other.target)
            var loading = LoadingTime()
            try Wait.until("the other replica followed the new primary", withinSeconds: Self.currentSeconds) {
                () throws(HarnessError) in try follower.isOnline(&loading)
            }
            try follower.waitUntilCurrent(withinSeconds: Self.currentSeconds)
            end.differences += try follower.differences()
        }
        return end
    }

    func stop() {
        for replica in self.replicas { replica.stop() }
        self.primary.stop()
    }
}
