// INFO cluster, as Redis has it, and INFO group, which is ours: what each shard is in its group, how far the members are, and what
// its channel counted.

import Channels
import Primitives
import Synchronization

extension InfoReport {
    var cluster: [String] { ["cluster_enabled:\(self.node.options.group.isEnabled ? 1 : 0)"] }

    /// Nothing for a node that is in no group.
    var group: [String] {
        let options = self.node.options.group
        guard options.isEnabled, let own = options.node else { return [] }
        var lines = [
            "group_node:\(own)", "group_members:\(options.members.map(\.description).joined(separator: ","))",
            "group_election:\(options.election.rawValue)", "group_heartbeat_ms:\(options.heartbeat)",
        ]
        if let transport = self.node.groupTransport {
            let counters = transport.counters.withLock { $0 }
            lines += [
                "group_connects:\(counters.connects)", "group_strangers:\(counters.strangers)",
                "group_malformed:\(counters.malformed)", "group_foreign_channels:\(counters.foreignChannels)",
                "group_mismatches:\(counters.mismatches)",
            ]
        }
        for facts in self.shards.compactMap(\.group) { lines += Self.lines(facts) }
        return lines
    }

    private static func lines(_ facts: GroupFacts) -> [String] {
        let prefix = "group\(facts.shard)_"
        var lines = [
            "role:\(facts.role)", "serving:\(facts.isServing ? 1 : 0)", "term:\(facts.term)",
            "leader:\(facts.leader.map { "\($0)" } ?? "")", "first:\(facts.first)", "tail:\(facts.tail)",
            "durable:\(facts.durable)",
            "commit:\(facts.commit)", "applied:\(facts.applied)", "recent_bytes:\(facts.undecidedBytes)",
            "budget_tokens:\(facts.budgetTokens)",
        ]
        if let lag = facts.lag { lines.append("lag:\(lag)") }
        if let failure = facts.failure { lines.append("failure:\(failure)") }
        for peer in facts.peers {
            var words = [
                "role=\(peer.role)", "connected=\(peer.isConnected ? 1 : 0)", "tail=\(peer.tail)",
                "commit=\(peer.commit)",
                "connects=\(peer.connects)", "unsent=\(peer.unsent)",
            ]
            if let age = peer.age { words.append("heard_ms_ago=\(age / 1000)") }
            if let roundTrip = peer.roundTrip { words.append("round_trip_us=\(roundTrip)") }
            lines.append("peer\(peer.node):\(words.joined(separator: ","))")
        }
        lines.append("lane_drops:\(facts.droppedMessages)")
        for counter in facts.counters.named { lines.append("\(counter.name):\(counter.value)") }
        return lines.map { prefix + $0 }
    }
}
