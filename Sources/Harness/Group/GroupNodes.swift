// The members of a group, each a process of this executable with data of its own.

import Glibc
import Sockets

final class GroupNodes {
    private struct Ports {
        var client: UInt16
        var replication: UInt16
        var group: UInt16
    }

    private let shape: GroupShape
    let directory: String
    private let ports: [Ports]
    private let guestPort: UInt16
    private let executable: String
    private(set) var processes: [ChildProcess?]
    /// The ways between the members; nil where nothing is to be cut.
    let ways: GroupWays?
    /// What can go wrong with their machines; nil where nothing is to.
    let machines: MachineFaults?

    static let shardFolder = "shard-0"
    static let secret = Array("a secret of the test, known to all".utf8)

    var count: Int { self.shape.nodes }
    /// Ids begin with 1, which is the guest's where there is one.
    func id(_ member: Int) -> Int { member + (self.shape.hasGuest ? 2 : 1) }
    var groupPorts: [UInt16] { self.ports.map(\.group) }

    init(_ shape: GroupShape) throws(HarnessError) {
        self.shape = shape
        self.directory = try FileTree.makeTemporary("sluice-group")
        self.executable = try TargetLauncher.executable(shape.executable)
        let free = try TargetLauncher.freePorts(3 * shape.nodes + 1)
        self.guestPort = free[3 * shape.nodes]
        self.ports = (0..<shape.nodes).map {
            Ports(client: free[3 * $0], replication: free[3 * $0 + 1], group: free[3 * $0 + 2])
        }
        self.processes = Array(repeating: nil, count: shape.nodes)
        try FileTree.write(Self.secret, to: "\(self.directory)/secret")
        self.ways = shape.canBeCut ? try GroupWays(self.ports.map(\.group)) : nil
        self.machines =
            shape.hasMachineFaults ? try MachineFaults(in: self.directory, machines: shape.nodes) : nil
    }

    func dataDirectory(of member: Int) -> String { "\(self.directory)/member-\(member + 1)" }

    var clientPorts: [UInt16] { self.ports.map(\.client) }

    func start(_ member: Int) throws(HarnessError) {
        let ports = self.ports[member]
        // Each member is given the ways from itself to the others.
        var members = (0..<self.count).map { other in
            let port = self.ways?.port(from: member, to: other) ?? self.ports[other].group
            return "\(self.id(other))@\(TargetLauncher.host):\(port)"
        }
        // Nobody listens there: a guest dials.
        if self.shape.hasGuest { members.append("1@\(TargetLauncher.host):\(self.guestPort)") }
        self.processes[member] = try ChildProcess(
            self.executable,
            ["serve"]
                + ServerSetting.arguments(
                    self.shape.settings + [
                        ServerSetting("bind", TargetLauncher.host), ServerSetting("port", "\(ports.client)"),
                        ServerSetting("replication-port", "\(ports.replication)"),
                        ServerSetting("data-dir", self.dataDirectory(of: member)),
                        ServerSetting("group", members.joined(separator: ",")),
                        ServerSetting("node-id", "\(self.id(member))"),
                        ServerSetting("heartbeat", "\(self.shape.heartbeatMilliseconds)"),
                        ServerSetting("election", self.shape.policy.rawValue),
                        ServerSetting("group-secret-file", "\(self.directory)/secret"),
                    ]
                ),
            environment: self.machines?.environment(of: member) ?? [:]
        )
    }

    func crash(_ member: Int) { self.processes[member]?.crash() }

    func stopAll() {
        self.ways?.stop()
        for process in self.processes {
            process?.goOn()
            process?.stop()
        }
    }

    func startAll() throws(HarnessError) {
        for member in 0..<self.count { try self.start(member) }
    }

    /// A member that runs, as a server under test.
    func target(_ member: Int, _ specification: TargetSpecification) throws(HarnessError) -> Target {
        try Target(
            specification,
            host: TargetLauncher.host,
            port: self.ports[member].client,
            replicationPort: self.ports[member].replication,
            access: Access(),
            child: self.processes[member]
        )
    }

    func removeData() { FileTree.remove(self.directory) }

    // MARK: Questions

    /// The fields of INFO group; nil while the member does not answer.
    func group(_ member: Int) -> [String: String]? {
        let client = GroupClient(ports: self.clientPorts, member: member, isFaithful: true, seconds: 1)
        guard case .reply(.bulk(let text?)) = client.ask(["INFO", "group"]) else { return nil }
        var fields: [String: String] = [:]
        for line in text.split(separator: "\r\n") {
            guard let colon = line.firstIndex(of: ":") else { continue }
            fields[String(line[..<colon])] = String(line[line.index(after: colon)...])
        }
        return fields
    }

    /// The member that leads, and says so itself.
    func leader() -> Int? { (0..<self.count).first { self.group($0)?["group0_serving"] == "1" } }

    func waitForLeader() throws(HarnessError) -> Int {
        var leader: Int?
        try Wait.until("a leader of the group", withinSeconds: self.shape.patienceSeconds) { () throws(HarnessError) in
            leader = self.leader()
            return leader != nil
        }
        guard let leader else { throw HarnessError(.timedOut, "the group has no leader") }
        return leader
    }

    /// Position and digest of a member's data.
    private func digest(_ member: Int) -> [String]? {
        let client = GroupClient(ports: self.clientPorts, member: member, isFaithful: true)
        guard case .reply(.array(let shards)) = client.ask(["REPL.DIGEST"]), case .array(let fields)? = shards.first
        else {
            return nil
        }
        // shard, history, position, digest, keys; each a name and a value. Histories are each member's own.
        let words = fields.map { $0.text ?? $0.number.map { "\($0)" } ?? "" }
        guard let position = words.firstIndex(of: "position"), let digest = words.firstIndex(of: "digest") else {
            return nil
        }
        return [words[position + 1], words[digest + 1]]
    }

    /// Waits until all members have the same data at the same position.
    func waitUntilEqual() throws(HarnessError) {
        var last: [[String]?] = []
        do throws(HarnessError) {
            try Wait.until("equal members", withinSeconds: self.shape.patienceSeconds) { () throws(HarnessError) in
                last = (0..<self.count).map { self.digest($0) }
                return last.allSatisfy { $0 != nil && $0 == last[0] }
            }
        } catch {
            throw HarnessError(error.code, "the members do not come to be equal: \(last)")
        }
    }

    /// A number out of INFO group; nil while the member does not answer.
    func number(_ field: String, of member: Int) -> UInt64? { self.group(member)?[field].flatMap { UInt64($0) } }

    var outputs: String {
        (0..<self.count).map { "member \($0 + 1) said:\n\(self.processes[$0]?.outputTail ?? "")" }.joined(
            separator: "\n"
        )
    }
}
