// Memory: the allocator's account, the system's, and ours of the replication buffers.

import Primitives
import Probes
import RESP
import Synchronization

extension InfoReport {
    var memory: [String] {
        var lines: [String] = []
        let statistics = JemallocStatistics.read()
        // By a counter: walking the page tables for the exact figure would stop a shard for tens of milliseconds per gigabyte.
        let resident = ProcessTree.resident(ProcessFacts.identifier)
        if let statistics {
            let peak = self.node.notePeak(statistics.allocated)
            lines += [
                "used_memory:\(statistics.allocated)", "used_memory_human:\(ByteSize.human(statistics.allocated))",
                "used_memory_peak:\(peak)", "used_memory_peak_human:\(ByteSize.human(peak))",
            ]
        }
        if let resident {
            lines += ["used_memory_rss:\(resident)", "used_memory_rss_human:\(ByteSize.human(resident))"]
        }
        if let statistics {
            lines += [
                "allocator_allocated:\(statistics.allocated)", "allocator_active:\(statistics.active)",
                "allocator_resident:\(statistics.resident)",
                "allocator_frag_ratio:\(Self.ratio(statistics.active, statistics.allocated))",
                "allocator_frag_bytes:\(statistics.active - statistics.allocated)",
                "allocator_rss_ratio:\(Self.ratio(statistics.resident, statistics.active))",
                "allocator_rss_bytes:\(statistics.resident - statistics.active)",
            ]
        }
        if let total = Machine.memoryBytes {
            lines += ["total_system_memory:\(total)", "total_system_memory_human:\(ByteSize.human(total))"]
        }
        lines += ["maxmemory:0", "maxmemory_human:0B", "maxmemory_policy:noeviction"]
        if let statistics, let resident {
            lines += [
                "mem_fragmentation_ratio:\(Self.ratio(resident, statistics.allocated))",
                "mem_fragmentation_bytes:\(resident - statistics.allocated)",
            ]
        }
        lines += [
            "mem_replication_backlog:\(self.sum(\.backlogAllocated))",
            "mem_total_replication_buffers:\(self.sum(\.bufferBytes))",
            "mem_clients_slaves:\(self.sum(\.linkBytes))",
            "mem_clients_normal:\(self.sum(\.clientBytes))",
        ]
        let version = JemallocStatistics.version?.prefix { $0 != "-" }
        lines.append("mem_allocator:\(version.map { "jemalloc-\($0)" } ?? "libc")")
        return lines
    }

    static func ratio(_ numerator: Int, _ denominator: Int) -> String {
        guard denominator > 0 else { return "1.00" }
        let hundredths = (numerator * 100 + denominator / 2) / denominator
        return "\(hundredths / 100)." + (hundredths % 100 < 10 ? "0" : "") + "\(hundredths % 100)"
    }
}

extension Node {
    /// Remembers the largest amount that was ever seen, and returns it.
    func notePeak(_ allocated: Int) -> Int {
        self.peakAllocatedBytes.max(allocated, ordering: .relaxed).newValue
    }
}

/// MEMORY STATS, under Redis's names; what was not measured is left out.
struct MemoryReport {
    let node: Node
    let shards: [ShardFacts]

    func write(_ writer: Writer) {
        let info = InfoReport(node: self.node, shards: self.shards)
        var rows: [(String, Int)] = [
            ("replication.backlog", info.sum(\.backlogAllocated)),
            ("replication.buffers", info.sum(\.bufferBytes)),
            ("clients.slaves", info.sum(\.linkBytes)),
            ("clients.normal", info.sum(\.clientBytes)),
            ("keys.count", info.sum(\.keys)),
        ]
        if let statistics = JemallocStatistics.read() {
            rows.insert(("total.allocated", statistics.allocated), at: 0)
            rows.insert(("peak.allocated", self.node.notePeak(statistics.allocated)), at: 0)
            rows += [
                ("allocator.allocated", statistics.allocated), ("allocator.active", statistics.active),
                ("allocator.resident", statistics.resident),
                ("allocator-fragmentation.bytes", statistics.active - statistics.allocated),
                ("allocator-rss.bytes", statistics.resident - statistics.active),
            ]
        }
        writer.map(rows.count)
        for (name, value) in rows {
            writer.bulk(name)
            writer.integer(value)
        }
    }
}
