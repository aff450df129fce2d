// A group elects its leader by itself; the one that was killed comes back as a follower.

import Sockets

final class GroupStage: FailoverStage {
    private static let discarded = "group0_records_discarded"

    private let nodes: GroupNodes

    init(_ one: FailoverCase, _ specification: TargetSpecification) throws(HarnessError) {
        var shape = GroupShape(policy: one.election, heartbeatMilliseconds: one.heartbeatMilliseconds)
        shape.executable = specification.executable
        shape.settings = try specification.settings()
        self.nodes = try GroupNodes(shape)
        do throws(HarnessError) {
            try self.nodes.startAll()
            _ = try self.nodes.waitForLeader()
            try self.nodes.waitUntilEqual()
        } catch {
            self.stop()
            throw error
        }
    }

    var ports: [UInt16] { self.nodes.clientPorts }

    func leader() throws(HarnessError) -> Int { try self.nodes.waitForLeader() }

    func crash(_ node: Int) { self.nodes.crash(node) }

    func successor(of victim: Int) -> Int? { self.nodes.leader() }

    func settle(_ victim: Int, _ leader: Int) throws(HarnessError) -> FailoverEnd {
        let began = Clocks.monotonicNanoseconds
        try self.nodes.start(victim)
        try self.nodes.waitUntilEqual()
        var end = FailoverEnd()
        end.secondsToEqual = Double(Clocks.monotonicNanoseconds - began) / 1e9
        // Counters begin with the process, and nobody had discarded anything before.
        let counts = self.ports.indices.compactMap { self.nodes.number(Self.discarded, of: $0) }
        if counts.count == self.ports.count { end.discarded = Int(counts.reduce(0, +)) }
        return end
    }

    func stop() {
        self.nodes.stopAll()
        self.nodes.removeData()
    }
}
