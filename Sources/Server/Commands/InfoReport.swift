// INFO: field for field as in Redis where a field exists there, so that redis-cli, redis_exporter and client libraries work
// unchanged; what is ours alone stands in a section of its own. A number that cannot be measured is left out, not 0.

import Keyspace
import Primitives
import Probes
import Replication
import Synchronization

struct InfoReport {
    let node: Node
    let shards: [ShardFacts]

    private static let sections: [(name: String, text: @Sendable (InfoReport) -> [String])] = [
        ("server", { $0.server }), ("clients", { $0.clients }), ("memory", { $0.memory }),
        ("persistence", { $0.persistence }), ("stats", { $0.statistics }), ("replication", { $0.replication }),
        ("cpu", { $0.processor }), ("sluice", { $0.sluice }), ("group", { $0.group }), ("cluster", { $0.cluster }),
        ("keyspace", { $0.keyspace }),
    ]

    /// - Parameter sections: names in lower case; none, `all`, `default` or `everything` mean every section.
    func text(sections: [String]) -> String {
        let isAll = sections.isEmpty || sections.contains { ["all", "default", "everything"].contains($0) }
        var parts: [String] = []
        for section in Self.sections where isAll || sections.contains(section.name) {
            if section.name == "group", !self.node.options.group.isEnabled { continue }
            let title = section.name.prefix(1).uppercased() + section.name.dropFirst()
            let lines = ["# " + (section.name == "cpu" ? "CPU" : title)] + section.text(self)
            parts.append(lines.map { $0 + "\r\n" }.joined())
        }
        return parts.joined(separator: "\r\n")
    }

    func sum(_ field: KeyPath<ShardFacts, Int>) -> Int { self.shards.reduce(0) { $0 + $1[keyPath: field] } }

    private var server: [String] {
        let uptime = (WallClock.milliseconds - self.node.startedAt) / 1000
        return [
            "redis_version:\(Product.redisVersion)",
            "sluice_version:\(Product.version)",
            "redis_mode:\(self.node.options.group.isEnabled ? "cluster" : "standalone")",
            "os:\(Machine.kernel)",
            "arch_bits:\(Int.bitWidth)",
            "multiplexing_api:epoll",
            "process_id:\(ProcessFacts.identifier)",
            "run_id:\(self.node.runID)",
            "tcp_port:\(self.node.options.port)",
            "server_time_usec:\(WallClock.microseconds)",
            "uptime_in_seconds:\(uptime)",
            "uptime_in_days:\(uptime / 86_400)",
            "hz:10",
            "config_file:\(self.node.options.configFile ?? "")",
        ]
    }

    private var clients: [String] {
        [
            "connected_clients:\(self.sum(\.clients))",
            "maxclients:\(self.node.settings.withLock { $0.maxClients })",
            "blocked_clients:\(self.sum(\.waitingClients))",
        ]
    }

    private var statistics: [String] {
        [
            "total_connections_received:\(self.node.totalConnections.load(ordering: .relaxed))",
            "total_commands_processed:\(self.sum(\.statistics.commands))",
            "total_net_input_bytes:\(self.sum(\.statistics.inputBytes))",
            "total_net_output_bytes:\(self.sum(\.statistics.outputBytes))",
            "total_net_repl_output_bytes:\(self.sum(\.statistics.linkOutputBytes))",
            "rejected_connections:\(self.node.rejectedConnections.load(ordering: .relaxed))",
            "sync_full:\(self.fullSyncs)",
            "sync_partial_ok:\(self.shards.reduce(0) { $0 + $1.resumes.values.reduce(0, +) })",
            "sync_partial_err:\(self.sum(\.copies.refusedResumes))",
            "expired_keys:\(self.sum(\.keyspace.expired))",
            "evicted_keys:0",
            "keyspace_hits:\(self.sum(\.keyspace.hits))",
            "keyspace_misses:\(self.sum(\.keyspace.misses))",
            "total_error_replies:\(self.sum(\.statistics.errors))",
            "total_reads_processed:\(self.sum(\.statistics.reads))",
            "total_writes_processed:\(self.sum(\.statistics.writes))",
        ]
    }

    private var processor: [String] {
        guard let usage = ProcessFacts.processorSeconds else { return [] }
        return ["used_cpu_sys:\(Self.fixed(usage.system))", "used_cpu_user:\(Self.fixed(usage.user))"]
    }

    private var keyspace: [String] {
        let keys = self.sum(\.keys)
        return keys == 0 ? [] : ["db0:keys=\(keys),expires=\(self.sum(\.expiringKeys)),avg_ttl=0"]
    }

    /// Six decimals without Foundation.
    static func fixed(_ value: Double) -> String {
        let millionths = Int((value * 1_000_000).rounded())
        let fraction = String(millionths % 1_000_000)
        return "\(millionths / 1_000_000)." + String(repeating: "0", count: 6 - fraction.count) + fraction
    }
}
