// One of three members was away; the other two went on without it.

import Sockets

final class GroupCatchUp: CatchUpStage {
    private let nodes: GroupNodes
    private let follower: Int
    let leader: Target

    /// So much a second that no budget is felt: a terabyte.
    private static let unlimited = [ServerSetting("link-speed", "\(1 << 40)"), ServerSetting("channel-budget", "1")]
    /// What somebody lacks is still in the log.
    private static let keepsLog = [ServerSetting("snapshot-log-size", "0")]

    init(_ one: CatchUpCase, _ specification: TargetSpecification) throws(HarnessError) {
        var shape = GroupShape()
        shape.executable = specification.executable
        let budget: [ServerSetting] =
            switch one.trafficClass {
            case .foreground, .background: [ServerSetting("catch-up-class", one.trafficClass.rawValue)]
            case .unlimited: Self.unlimited
            }
        shape.settings = Self.keepsLog + budget + (try specification.settings())
        let nodes = try GroupNodes(shape)
        do throws(HarnessError) {
            try nodes.startAll()
            let leader = try nodes.waitForLeader()
            try nodes.waitUntilEqual()
            self.leader = try nodes.target(leader, specification)
            self.follower = (leader + 1) % nodes.count
        } catch {
            nodes.stopAll()
            nodes.removeData()
            throw error
        }
        self.nodes = nodes
    }

    func crash() { self.nodes.crash(self.follower) }

    func restart() throws(HarnessError) { try self.nodes.start(self.follower) }

    func position() -> UInt64? { self.nodes.number("group0_tail", of: self.follower) }

    func differences() throws(HarnessError) -> [String] {
        try self.nodes.waitUntilEqual()
        return []
    }

    func stop() {
        self.nodes.stopAll()
        self.nodes.removeData()
    }
}
