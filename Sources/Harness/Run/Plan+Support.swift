// Which cases suit which target, and what a target cannot give: decided by what its profile says and by whether its process is
// at hand, and nowhere else.

package import Measurement
import Workload

extension Plan.Work {
    /// Metrics that are read off the server's process, so that they need it on this machine and started by the harness.
    static let processMetrics: Set<String> = [
        "rss", "pss", "primary_cpu_per_write", "primary_cpu_share", "primary_cpu_per_delivery",
        "primary_cpu_per_handshake", "copy_primary_cpu", "live_primary_cpu", "memory_extra", "memory_extra_ratio",
    ]
    private static let needsProcess = "needs the process on this machine"

    /// Whether a target can be measured so.
    package func suits(_ target: TargetSpecification?) -> Bool {
        guard let target else {
            if case .ceiling = self { return true }
            return false
        }
        return switch self {
        case .idle, .fast, .handshake: true
        case .ceiling: false
        // A server whose backlog began with it.
        case .stalled(let fanOut):
            target.isChild && (fanOut.fanOut == .shared || target.supports(.privateCopies))
        case .resume(let resume): resume.suits(target)
        case .snapshot(let snapshot): snapshot.suits(target)
        case .lag(let lag): target.isChild || lag.receiver == .discarding
        case .capacity: target.isChild
        case .faults(let faults): faults.suits(target)
        case .failover(let failover): failover.suits(target)
        case .catchUp(let catchUp): catchUp.suits(target)
        }
    }

    package var scenario: String {
        switch self {
        case .idle, .fast, .stalled: FanOutScenario.name
        case .handshake: HandshakeScenario.name
        case .ceiling: CeilingScenario.name
        case .resume: ResumeScenario.name
        case .snapshot: SnapshotScenario.name
        case .lag: LagScenario.name
        case .capacity: CapacityScenario.name
        case .faults: FaultsScenario.name
        case .failover: FailoverScenario.name
        case .catchUp: CatchUpScenario.name
        }
    }

    package func parameters(for target: TargetSpecification?) -> [Parameter] {
        let parameters = self.parameters(hasIndex: Self.hasLog(target))
        guard let target, !target.isChild else { return parameters }
        // What somebody else's server does here is in its configuration, which the report prints.
        return parameters.map { Self.ownSettings.contains($0.name) ? Parameter($0.name, "as configured") : $0 }
    }

    private static let ownSettings: Set<String> = ["transfer", "backlog_size", "index_interval"]

    private func parameters(hasIndex: Bool) -> [Parameter] {
        switch self {
        case .resume(let resume): resume.parameters(hasIndex: hasIndex)
        case .idle(let fanOut), .fast(let fanOut), .stalled(let fanOut): fanOut.parameters
        case .handshake(let handshake): handshake.parameters
        case .ceiling(let ceiling): ceiling.parameters
        case .snapshot(let snapshot): snapshot.parameters
        case .lag(let lag): lag.parameters
        case .capacity(let capacity): capacity.parameters
        case .faults(let faults): faults.parameters
        case .failover(let failover): failover.parameters
        case .catchUp(let catchUp): catchUp.parameters
        }
    }

    /// What the case promises, as far as targets can give it.
    package func expectedMetrics(from target: TargetSpecification?) -> [String] {
        switch self {
        case .resume(let resume): resume.expectedMetrics(hasLog: Self.hasLog(target))
        case .idle(let fanOut), .fast(let fanOut), .stalled(let fanOut): fanOut.expectedMetrics
        case .handshake(let handshake): handshake.expectedMetrics
        case .ceiling: CeilingCase.expectedMetrics
        case .snapshot(let snapshot): snapshot.expectedMetrics
        case .lag(let lag): lag.expectedMetrics
        case .capacity(let capacity): capacity.expectedMetrics
        case .faults(let faults): faults.expectedMetrics
        case .failover(let failover): failover.expectedMetrics
        case .catchUp(let catchUp): catchUp.expectedMetrics
        }
    }

    /// Metrics that the target cannot give, with the reason.
    package func unsupported(by target: TargetSpecification?) -> [String: String] {
        guard let target else { return [:] }
        var reasons: [String: String] =
            switch self {
            case .resume(let resume): resume.unsupported(hasLog: target.supports(.log))
            case .snapshot(let snapshot): snapshot.unsupported(tellsLoading: target.supports(.tellsLoading))
            case .idle, .fast, .stalled, .handshake, .ceiling, .lag, .capacity, .faults, .failover, .catchUp: [:]
            }
        guard !target.isChild else { return reasons }
        for metric in self.expectedMetrics(from: target) where Self.processMetrics.contains(metric) {
            reasons[metric] = Self.needsProcess
        }
        return reasons
    }

    private static func hasLog(_ target: TargetSpecification?) -> Bool { target?.supports(.log) ?? false }
}

extension SnapshotCase {
    /// Whether the target can send a copy in this way. A replica of Redis may go through a file of its own, whatever the
    /// primary does. To somebody else's server no replica of ours is added that keeps what it gets, and its settings stay.
    func suits(_ target: TargetSpecification) -> Bool {
        guard target.isChild else {
            return self.receiver == .discarding && self.transfer == .streamed && self.data.chunkBytes == nil
                && target.supports(.copiesToNewcomers)
        }
        return (self.transfer == .streamed || target.supports(.copyThroughFile))
            && (self.data.chunkBytes == nil || target.supports(.copyChunks))
    }
}

extension ResumeCase {
    /// What every server keeps in memory unless it was told otherwise, in bytes: half of Redis's default.
    private static let sureBacklogBytes: UInt64 = 512 << 10
    /// The longest log that somebody else's server is filled with, in mutations.
    private static let longestForeignLog: UInt64 = 10_000

    /// Whether the target can be measured so. Without a log there is no index to vary, and no page cache that matters; and of
    /// somebody else's server only what is surely in its memory is asked.
    func suits(_ target: TargetSpecification) -> Bool {
        let isPlain = self.engine.indexInterval == Engine.defaultIndexInterval && self.cache == .warm
        guard target.isChild else {
            let bytes = self.distance * UInt64(SetBatch.commandSize(valueSize: Self.valueSize))
            return isPlain && bytes <= Self.sureBacklogBytes && self.records <= Self.longestForeignLog
                && self.engine.backlogBytes == Engine().backlogBytes
        }
        return isPlain || target.supports(.log)
    }
}
