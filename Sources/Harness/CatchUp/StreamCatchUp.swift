// A replica with a data directory was away; its primary's log has what it lacks.

import Sockets

final class StreamCatchUp: CatchUpStage {
    private static let onlineSeconds = 30.0

    let leader: Target
    private let directory: String
    private let specification: TargetSpecification
    private let ports: ServerPorts
    private var replica: Target?

    init(_ specification: TargetSpecification) throws(HarnessError) {
        self.specification = specification
        self.directory = try FileTree.makeTemporary("sluice-catch-up")
        let ports = try TargetLauncher.portsOfPair()
        self.ports = ports.replica
        do throws(HarnessError) {
            self.leader = try TargetLauncher.begin(
                Self.settings("\(self.directory)/primary"),
                on: ports.primary,
                executable: specification.executable,
                as: specification
            ).target()
        } catch {
            FileTree.remove(self.directory)
            throw error
        }
        do throws(HarnessError) {
            try self.restart()
        } catch {
            self.stop()
            throw error
        }
    }

    private static func settings(_ directory: String) -> EngineSettings {
        var settings = EngineSettings()
        settings.dataDirectory = directory
        settings.logSync = .always
        settings.snapshotLogBytes = 0
        return settings
    }

    func crash() { self.replica?.child?.crash() }

    func restart() throws(HarnessError) {
        self.replica?.stop()
        var settings = Self.settings("\(self.directory)/replica")
        settings.replicaOf = "\(TargetLauncher.host):\(self.leader.port)"
        self.replica = try TargetLauncher.begin(
            settings,
            on: self.ports,
            executable: self.specification.executable,
            as: self.specification
        ).target()
    }

    func position() throws(HarnessError) -> UInt64? {
        guard let replica else { return nil }
        return try LiveReplica(of: self.leader, running: replica).applied()
    }

    func differences() throws(HarnessError) -> [String] {
        guard let replica else { return [] }
        return try LiveReplica(of: self.leader, running: replica).differences()
    }

    func stop() {
        self.replica?.stop()
        self.leader.stop()
        FileTree.remove(self.directory)
    }
}
