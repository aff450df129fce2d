// How figures of several generators that worked on one server at the same time become one figure, by what each figure is.
// A metric without a rule is not merged: to add what must not be added is worse than a gap.

/// What the parts of a metric are to the whole.
enum MergeRule {
    /// Each generator saw its own share of what happened.
    case sum
    /// The whole ended when the last part did; and a limit was reached when any part reached it.
    case largest
    /// One cost of the server over each generator's own share: 1 ÷ Σ 1/part is the cost over all of them.
    case reciprocalSum
    /// All saw the same thing; those that could not see it leave it to the others.
    case same
    /// The ratio of two other figures, at a stat of theirs.
    case quotient(String, String, stat: String)

    static func rule(for metric: String) -> MergeRule? { self.rules[metric] }

    private static let rules: [String: MergeRule] = [
        "write_rate": .sum, "delivered_rate": .sum, "delivered_bytes_rate": .sum, "offered_rate": .sum,
        "achieved_rate": .sum, "handshake_rate": .sum, "replica_resumes": .sum,
        "time_to_all_online": .largest, "generator_cpu_share": .largest, "lag_resolution": .largest,
        "copy_total": .largest, "copy_wait": .largest, "copy_transfer": .largest, "copy_catch_up": .largest,
        "primary_cpu_per_delivery": .reciprocalSum, "primary_cpu_per_write": .reciprocalSum,
        "primary_cpu_per_handshake": .reciprocalSum,
        "primary_cpu_share": .same, "allocator_allocated": .same, "allocator_active": .same,
        "allocator_resident": .same, "rss": .same, "pss": .same, "bytes_alive_in_chunks": .same,
        "mem_total_replication_buffers": .same, "copy_bytes": .same, "trigger_pause": .same,
        "snapshot_passes": .same, "memory_extra": .same, "memory_extra_ratio": .same, "allocator_extra": .same,
        "copy_primary_cpu": .same,
        "response_growth": .quotient("response_during", "response_before", stat: "p99.9"),
    ]

    /// The whole of parts that are there for every generator (`nil`: not measured by that one); `nil` when it cannot be
    /// told.
    func merged(_ parts: [Double?]) -> Double? {
        let known = parts.compactMap(\.self)
        let isComplete = known.count == parts.count
        switch self {
        case .sum: return isComplete ? known.reduce(0, +) : nil
        case .largest: return isComplete ? known.max() : nil
        case .reciprocalSum:
            guard isComplete, known.allSatisfy({ $0 > 0 }) else { return nil }
            return 1 / known.reduce(0) { $0 + 1 / $1 }
        // A peak that one saw and another missed was there.
        case .same: return known.max()
        case .quotient: return nil
        }
    }
}
