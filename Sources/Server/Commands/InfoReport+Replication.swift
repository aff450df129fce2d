import Primitives
import Replication
import Sockets
import Synchronization

extension InfoReport {
    /// Positions count mutations. `master_repl_offset` is their sum over the shards; every stream has its own fields too.
    var replication: [String] {
        let replicas = ReplicaSummary.all(self.shards)
        var lines = self.role + ["connected_slaves:\(replicas.count)"]
        for (index, replica) in replicas.enumerated() {
            lines.append(
                "slave\(index):ip=\(replica.host),port=\(replica.port),state=\(replica.state)"
                    + ",offset=\(replica.acknowledged),lag=\(replica.lagSeconds),id=\(replica.id),sent=\(replica.sent)"
                    + ",behind_bytes=\(replica.behindBytes)"
            )
        }
        let used = self.sum(\.backlogUsed)
        let ancestor = self.shards[0].ancestors.last
        lines += [
            "master_failover_state:\(self.node.failover.withLock { $0.stage.rawValue })",
            "master_replid:\(self.shards[0].history.hex)",
            "master_replid2:\((ancestor?.history ?? .none).hex)",
            "master_repl_offset:\(self.shards.reduce(0) { $0 + $1.tip })",
            "second_repl_offset:\(ancestor.map { "\($0.left + 1)" } ?? "-1")",
            "repl_backlog_active:1",
            "repl_backlog_size:\(self.sum(\.backlogLimit))",
            "repl_backlog_first_byte_offset:\(self.shards.reduce(0) { $0 + $1.oldest })",
            "repl_backlog_histlen:\(used)",
        ]
        return lines
    }

    /// What only we have: streams per shard, outcomes of handshakes, and background work that took too long.
    var sluice: [String] {
        let handshakes = self.node.handshakes
        var lines = ["shards:\(self.shards.count)", "fan_out:\(self.node.options.stream.fanOut.rawValue)"]
        for shard in self.shards {
            lines.append(
                "stream\(shard.index):history=\(shard.history.hex),tip=\(shard.tip),oldest=\(shard.oldest)"
                    + ",backlog_bytes=\(shard.backlogUsed),links=\(shard.links.count)"
            )
        }
        lines.append("handshakes_accepted:\(handshakes.accepted.load(ordering: .relaxed))")
        lines.append("handshakes_malformed:\(handshakes.malformed.load(ordering: .relaxed))")
        lines.append("handshakes_refused_waiting:\(handshakes.tooManyWaiting.load(ordering: .relaxed))")
        for source in ResumeSource.allCases {
            lines.append("resumes_from_\(source.rawValue):\(self.shards.reduce(0) { $0 + ($1.resumes[source] ?? 0) })")
        }
        for cause in LinkCloseCause.allCases {
            let name = cause.rawValue.split(separator: "-").joined(separator: "_")
            lines.append("links_closed_\(name):\(self.shards.reduce(0) { $0 + ($1.closed[cause] ?? 0) })")
        }
        lines += self.snapshots
        lines += self.follower + self.log
        lines.append("slow_event_threshold_us:\(self.node.options.slowEventMicroseconds)")
        for event in BackgroundEvent.allCases {
            let tallies = self.shards.map { $0.events[event.rawValue] }
            lines.append(
                "event_\(event.name):count=\(tallies.reduce(0) { $0 + $1.count })"
                    + ",slow=\(tallies.reduce(0) { $0 + $1.slowCount })"
                    + ",longest_us=\((tallies.map(\.longestNanoseconds).max() ?? 0) / 1000)"
            )
        }
        return lines
    }
}

/// One replica process, whatever its number of streams.
struct ReplicaSummary {
    var id: String
    var host: String
    var port: UInt16
    var state: String
    var acknowledged: Position
    var sent: Position
    var lagSeconds: Int64
    var behindBytes: Int

    static func all(_ shards: [ShardFacts]) -> [ReplicaSummary] {
        var order: [String] = []
        var byID: [String: ReplicaSummary] = [:]
        for (link, address) in shards.flatMap({ zip($0.links, $0.addresses) }) {
            guard var known = byID[link.id] else {
                order.append(link.id)
                byID[link.id] = ReplicaSummary(link, address)
                continue
            }
            known.acknowledged += link.acknowledged ?? 0
            known.sent += link.sent
            known.lagSeconds = max(known.lagSeconds, link.lagSeconds)
            known.behindBytes += link.behindBytes
            // It is online once all its streams are.
            if link.state != "online" { known.state = link.state }
            byID[link.id] = known
        }
        return order.compactMap { byID[$0] }
    }

    private init(_ link: LinkFacts, _ address: Sockets.SocketAddress?) {
        self.id = link.id
        // A connection that has just ended has no address any more.
        self.host = address?.host ?? "unknown"
        self.port = address?.port ?? 0
        self.state = link.state
        self.acknowledged = link.acknowledged ?? 0
        self.sent = link.sent
        self.lagSeconds = link.lagSeconds
        self.behindBytes = link.behindBytes
    }
}
