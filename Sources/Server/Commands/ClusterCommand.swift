// CLUSTER, READONLY, READWRITE and READ: how clients find their way in a group. The forms are Redis Cluster's, so that its clients
// follow a failover by themselves. Source: https://redis.io/docs/latest/commands/cluster-shards/ and its neighbours.
//
// A shard of a node is a range of slots here; it has a leader of its own among the members. Nothing can be changed by CLUSTER: members are
// given at the start, and slots follow from the number of shards.

import Channels
import Keyspace
import Primitives
import RESP

extension ClientConnection {
    private static let disabled = "ERR This instance has cluster support disabled"

    func cluster(_ command: Command, _ writer: Writer) {
        if command[1].equalsIgnoringCase("KEYSLOT"), command.count == 3 {
            return writer.integer(KeySlot.of(command[2]))
        }
        guard let own = self.shard.node.options.group.ownMember else { return self.refuse(Self.disabled, writer) }
        let question = command[1].text.uppercased()
        guard command.count == 2, ClusterReport.questions.contains(question) else {
            return self.refuse(
                "ERR unknown subcommand or wrong number of arguments for '\(command[1].text.prefix(64))'. Known are KEYSLOT,"
                    + " \(ClusterReport.questions.joined(separator: ", ")).",
                writer
            )
        }
        let node = self.shard.node
        self.askAllShards {
            $0.group?.facts
        } answer: { facts, writer in
            ClusterReport(own: own, port: node.options.port, shards: facts.compactMap { $0 }).write(question, writer)
        }
    }

    func readOnly(_ isReadOnly: Bool, _ writer: Writer) {
        guard self.isInGroup else { return self.refuse(Self.disabled, writer) }
        self.session.isReadOnly = isReadOnly
        writer.ok()
    }

    /// READ CONSISTENT | DEFAULT
    func read(_ command: Command, _ writer: Writer) {
        guard self.isInGroup else { return self.refuse(Self.disabled, writer) }
        if command[1].equalsIgnoringCase("DEFAULT") {
            self.session.readsConsistently = false
            return writer.ok()
        }
        guard command[1].equalsIgnoringCase("CONSISTENT") else { return self.refuse("ERR syntax error", writer) }
        guard self.shard.node.options.group.election == .quorum else {
            return self.refuse("ERR under --election nearest nobody can say who leads: use quorum", writer)
        }
        self.session.readsConsistently = true
        writer.ok()
    }
}

/// A group as clients are told of it.
struct ClusterReport {
    private struct Node {
        var id: String
        var node: NodeID
        var host: String
        var port: UInt16
        var isConnected: Bool
        var isOwn: Bool
    }

    static let questions = ["INFO", "MYID", "NODES", "SLOTS", "SHARDS"]

    private let shards: [GroupFacts]
    private let nodes: [Node]

    init(own: GroupOptions.Member, port: UInt16, shards: [GroupFacts]) {
        self.shards = shards
        let mine = Node(
            id: Self.id(own.node),
            node: own.node,
            host: own.host,
            port: port,
            isConnected: true,
            isOwn: true
        )
        // Whoever never told where its clients connect cannot be named to them.
        let others = (shards.first?.peers ?? []).compactMap { peer in
            peer.clientPort.map {
                Node(
                    id: Self.id(peer.node),
                    node: peer.node,
                    host: peer.host,
                    port: $0,
                    isConnected: peer.isConnected,
                    isOwn: false
                )
            }
        }
        self.nodes = ([mine] + others).sorted { $0.node < $1.node }
    }

    /// Forty hex digits, as clients expect them, that follow from a member's id.
    static func id(_ node: NodeID) -> String {
        ChannelID(name: "node/\(node)").bytes.prefix(20).map { byte in
            let hex = String(byte, radix: 16)
            return byte < 16 ? "0" + hex : hex
        }.joined()
    }

    private func slots(of shard: Int) -> ClosedRange<Int> {
        let count = self.shards.count
        func first(_ shard: Int) -> Int { (shard * KeySlot.count + count - 1) / count }
        return first(shard)...(first(shard + 1) - 1)
    }

    func write(_ question: String, _ writer: Writer) {
        switch question {
        case "MYID": writer.bulk(self.nodes.first { $0.isOwn }?.id ?? "")
        case "NODES": writer.verbatim(self.lines)
        case "INFO": writer.verbatim(self.info)
        case "SLOTS": self.writeSlots(writer)
        case "SHARDS": self.writeShards(writer)
        default: writer.error("ERR unknown subcommand")
        }
    }

    private func leader(of shard: GroupFacts) -> Node? { self.nodes.first { $0.node == shard.leader } }

    private func writeSlots(_ writer: Writer) {
        let led = self.shards.compactMap { shard in self.leader(of: shard).map { (shard.shard, $0) } }
        writer.array(led.count)
        for (shard, leader) in led {
            let slots = self.slots(of: shard)
            let others = self.nodes.filter { $0.node != leader.node && $0.isConnected }
            writer.array(3 + others.count)
            writer.integer(slots.lowerBound)
            writer.integer(slots.upperBound)
            for node in [leader] + others {
                writer.array(4)
                writer.bulk(node.host)
                writer.integer(Int(node.port))
                writer.bulk(node.id)
                writer.array(0)
            }
        }
    }

    private func writeShards(_ writer: Writer) {
        writer.array(self.shards.count)
        for shard in self.shards {
            let slots = self.slots(of: shard.shard)
            writer.map(2)
            writer.bulk("slots")
            writer.array(2)
            writer.integer(slots.lowerBound)
            writer.integer(slots.upperBound)
            writer.bulk("nodes")
            writer.array(self.nodes.count)
            for node in self.nodes {
                let tail = node.isOwn ? shard.tail : shard.peers.first { $0.node == node.node }?.tail ?? 0
                writer.map(7)
                writer.bulk("id")
                writer.bulk(node.id)
                writer.bulk("port")
                writer.integer(Int(node.port))
                writer.bulk("ip")
                writer.bulk(node.host)
                writer.bulk("endpoint")
                writer.bulk(node.host)
                writer.bulk("role")
                writer.bulk(node.node == shard.leader ? "master" : "replica")
                writer.bulk("replication-offset")
                writer.integer(Int64(clamping: tail))
                writer.bulk("health")
                writer.bulk(node.isConnected ? "online" : "fail")
            }
        }
    }

    private var lines: String {
        self.nodes.map { node in
            let led = self.shards.filter { $0.leader == node.node }
            let isLeader = !led.isEmpty
            let leader = self.shards.first.flatMap { self.leader(of: $0) }
            let flags =
                (node.isOwn ? ["myself"] : []) + [isLeader ? "master" : "slave"] + (node.isConnected ? [] : ["fail?"])
            let slots = led.map { shard in
                let slots = self.slots(of: shard.shard)
                return "\(slots.lowerBound)-\(slots.upperBound)"
            }
            let words =
                [
                    node.id, "\(node.host):\(node.port)@\(node.port)", flags.joined(separator: ","),
                    isLeader ? "-" : leader?.id ?? "-", "0", "0", "\(self.shards.map(\.term).max() ?? 0)",
                    node.isConnected ? "connected" : "disconnected",
                ] + slots
            return words.joined(separator: " ") + "\n"
        }.joined()
    }

    private var info: String {
        let led = self.shards.filter { self.leader(of: $0) != nil }
        let assigned = led.reduce(0) { $0 + self.slots(of: $1.shard).count }
        let term = self.shards.map(\.term).max() ?? 0
        let lines = [
            "cluster_enabled:1",
            "cluster_state:\(led.count == self.shards.count ? "ok" : "fail")",
            "cluster_slots_assigned:\(KeySlot.count)",
            "cluster_slots_ok:\(assigned)",
            "cluster_slots_pfail:\(KeySlot.count - assigned)",
            "cluster_slots_fail:0",
            "cluster_known_nodes:\((self.shards.first?.peers.count ?? 0) + 1)",
            "cluster_size:\(Set(self.shards.compactMap(\.leader)).count)",
            "cluster_current_epoch:\(term)",
            "cluster_my_epoch:\(term)",
        ]
        return lines.map { $0 + "\r\n" }.joined()
    }
}
