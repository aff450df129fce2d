// Three members of a group, each a process of this executable with data of its own.

import Glibc
import Sockets

final class GroupNodes {
    static let count = 3

    private struct Ports {
        var client: UInt16
        var replication: UInt16
        var group: UInt16
    }

    private let plan: GroupTestPlan
    let directory: String
    private let ports: [Ports]
    private let executable: String
    private(set) var processes: [ChildProcess?]
    /// The ways between the members; nil where nothing is to be cut.
    let ways: GroupWays?

    private static let secret = "a secret of the test, known to all"

    init(_ plan: GroupTestPlan) throws(HarnessError) {
        self.plan = plan
        self.directory = try FileTree.makeTemporary("sluice-group")
        guard let path = realpath("/proc/self/exe", nil) else {
            throw HarnessError(.targetUnavailable, "cannot find this executable; is /proc mounted?")
        }
        defer { free(path) }
        self.executable = String(cString: path)
        let free = try TargetLauncher.freePorts(3 * Self.count)
        self.ports = (0..<Self.count).map {
            Ports(client: free[3 * $0], replication: free[3 * $0 + 1], group: free[3 * $0 + 2])
        }
        self.processes = Array(repeating: nil, count: Self.count)
        try FileTree.write(Array(Self.secret.utf8), to: "\(self.directory)/secret")
        self.ways = plan.fault == .partition ? try GroupWays(self.ports.map(\.group)) : nil
    }

    var clientPorts: [UInt16] { self.ports.map(\.client) }

    func start(_ member: Int) throws(HarnessError) {
        let ports = self.ports[member]
        // Each member is given the ways from itself to the others.
        let members = (0..<Self.count).map { other in
            let port = self.ways?.port(from: member, to: other) ?? self.ports[other].group
            return "\(other + 1)@\(TargetLauncher.host):\(port)"
        }
        self.processes[member] = try ChildProcess(
            self.executable,
            [
                "serve", "--bind", TargetLauncher.host, "--port", "\(ports.client)", "--replication-port",
                "\(ports.replication)", "--data-dir", "\(self.directory)/member-\(member + 1)", "--group",
                members.joined(separator: ","), "--node-id", "\(member + 1)", "--heartbeat",
                "\(self.plan.heartbeatMilliseconds)", "--election", self.plan.policy.rawValue, "--group-secret-file",
                "\(self.directory)/secret",
            ],
            environment: [:]
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
    func leader() -> Int? { (0..<Self.count).first { self.group($0)?["group0_serving"] == "1" } }

    func waitForLeader() throws(HarnessError) -> Int {
        var leader: Int?
        try Wait.until("a leader of the group", withinSeconds: self.plan.patienceSeconds) { () throws(HarnessError) in
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
            try Wait.until("equal members", withinSeconds: self.plan.patienceSeconds) { () throws(HarnessError) in
                last = (0..<Self.count).map { self.digest($0) }
                return last.allSatisfy { $0 != nil && $0 == last[0] }
            }
        } catch {
            throw HarnessError(error.code, "the members do not come to be equal: \(last)")
        }
    }

    var outputs: String {
        (0..<Self.count).map { "member \($0 + 1) said:\n\(self.processes[$0]?.outputTail ?? "")" }.joined(
            separator: "\n"
        )
    }
}
