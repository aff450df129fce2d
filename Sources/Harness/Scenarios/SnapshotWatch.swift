import Glibc
import Measurement
import Probes
import Sockets

/// What a primary spends while it makes a copy: memory, sampled, and processor time, its children included.
struct SnapshotWatch {
    private static let sampleNanoseconds: UInt64 = 25_000_000
    /// A child's memory is counted by walking its page tables; no more than this share of the time may go into that.
    private static let walkShare = 0.05

    private let target: Target
    /// Whether the server is asked for its allocator's figures meanwhile, which clients would notice.
    private let asksAllocator: Bool
    /// Nil when the server runs elsewhere; then neither memory nor processor time is known.
    private let process: Int32?
    private let memoryBefore: Int
    private let allocatedBefore: UInt64?
    private let dataBytes: UInt64?
    private let processorBefore: UInt64
    private let passesBefore: UInt64?
    private var peak: Int
    /// The most that children had for themselves.
    private var childPeak = 0
    private var walksAgainAt: UInt64 = 0
    private var allocatedPeak: UInt64 = 0
    private var sampledAt: UInt64 = 0

    init(_ target: Target, asksAllocator: Bool) throws(HarnessError) {
        let process = target.child?.process
        var (memory, processor) = (0, UInt64(0))
        if let process {
            guard let resident = ProcessTree.resident(process),
                let used = ProcessTree.processorNanoseconds(of: process)
            else { throw HarnessError(.targetFailed, "\(target.id) is no process that can be watched") }
            (memory, processor) = (resident, used)
        }
        self.target = target
        self.asksAllocator = asksAllocator
        self.process = process
        let info = try target.info("memory")
        self.allocatedBefore = info.number("allocator_allocated")
        // What the data take is all that is allocated but the buffers of replication.
        let buffers = info.number("mem_total_replication_buffers") ?? info.number("mem_replication_backlog") ?? 0
        self.dataBytes = self.allocatedBefore.flatMap { $0 > buffers ? $0 - buffers : nil }
        self.passesBefore = try Self.passes(target)
        self.memoryBefore = memory
        self.processorBefore = processor
        self.peak = memory
    }

    /// Takes a sample if it is time for one.
    mutating func sample() throws(HarnessError) {
        let now = Clocks.monotonicNanoseconds
        guard now - self.sampledAt >= Self.sampleNanoseconds else { return }
        self.sampledAt = now
        if let process { self.sampleMemory(process, now) }
        guard self.asksAllocator else { return }
        let allocated = try self.target.info("memory").number("allocator_allocated")
        self.allocatedPeak = max(self.allocatedPeak, allocated ?? 0)
    }

    private mutating func sampleMemory(_ process: Int32, _ now: UInt64) {
        self.peak = max(self.peak, ProcessTree.resident(process) ?? 0)
        guard now >= self.walksAgainAt else { return }
        self.childPeak = max(self.childPeak, ProcessTree.privateBytesOfChildren(of: process))
        let ended = Clocks.monotonicNanoseconds
        self.walksAgainAt = ended + UInt64(Double(ended - now) / Self.walkShare)
    }

    /// Processor time of the primary since the watch began, in seconds, once it has waited for its children.
    func processorSeconds() throws(HarnessError) -> Double? {
        guard let process else { return nil }
        try Wait.until("\(self.target.id) had waited for its children", withinSeconds: 10) {
            ProcessTree.children(of: process).isEmpty
        }
        guard let now = ProcessTree.processorNanoseconds(of: process) else { return nil }
        return Double(now - self.processorBefore) / 1e9
    }

    /// Enters memory, the pause at the trigger, and how often the data were gone through.
    func add(to trial: inout Trial) throws(HarnessError) {
        if self.process != nil { try self.addMemory(to: &trial) }
        if let before = self.allocatedBefore, self.allocatedPeak > 0 {
            let grown = Double(self.allocatedPeak) - Double(before)
            trial.add("allocator_extra", max(0, grown), unit: "B", better: .lower)
        }
        if let before = self.passesBefore, let after = try Self.passes(self.target) {
            trial.add("snapshot_passes", Double(after - before), unit: "count", better: .lower)
        }
        trial.add("trigger_pause", try Self.triggerPause(self.target), unit: "us", better: .lower)
    }

    private func addMemory(to trial: inout Trial) throws(HarnessError) {
        // Who forks learns at the child's end what it had for itself, which is when it has the most.
        let forks = self.target.specification.supports(.forks)
        let told = forks ? try self.target.info("persistence").number("rdb_last_cow_size") : nil
        let child = max(self.childPeak, told.map { Int(clamping: $0) } ?? 0)
        let extra = Double(self.peak - self.memoryBefore + child)
        trial.add("memory_extra", extra, unit: "B", better: .lower)
        guard let dataBytes else { return }
        trial.add("memory_extra_ratio", extra / Double(dataBytes), unit: "ratio", better: .lower)
    }

    /// How often a snapshot was produced: Redis forks for each.
    private static func passes(_ target: Target) throws(HarnessError) -> UInt64? {
        switch target.dialect {
        case .replicate: try target.info("sluice").number("snapshot_passes")
        case .psync: try target.info("stats").number("total_forks")
        }
    }

    /// How long the server stood still to begin the last snapshot, in microseconds, as it says itself.
    private static func triggerPause(_ target: Target) throws(HarnessError) -> Double? {
        let pause =
            switch target.dialect {
            case .replicate: try target.info("sluice").number("snapshot_last_trigger_us")
            case .psync: try target.info("stats").number("latest_fork_usec")
            }
        return pause.map { Double($0) }
    }
}
