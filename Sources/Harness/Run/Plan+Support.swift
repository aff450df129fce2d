// Which cases suit which target, and what a target cannot give: decided by what its profile says and by whether its process is
// at hand, and nowhere else.

package import Measurement

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
        // These need a server that was started for them.
        case .stalled(let fanOut):
            target.isChild && (fanOut.fanOut == .shared || target.supports(.privateCopies))
        case .resume(let resume):
            target.isChild && (target.supports(.log) || resume.isPossibleWithoutLog)
        case .snapshot(let snapshot):
            target.isChild && snapshot.suits(target)
        case .lag: target.isChild
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
        }
    }

    package func parameters(for target: TargetSpecification?) -> [Parameter] {
        switch self {
        case .resume(let resume): resume.parameters(hasIndex: Self.hasLog(target))
        case .idle(let fanOut), .fast(let fanOut), .stalled(let fanOut): fanOut.parameters
        case .handshake(let handshake): handshake.parameters
        case .ceiling(let ceiling): ceiling.parameters
        case .snapshot(let snapshot): snapshot.parameters
        case .lag(let lag): lag.parameters
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
        }
    }

    /// Metrics that the target cannot give, with the reason.
    package func unsupported(by target: TargetSpecification?) -> [String: String] {
        guard let target else { return [:] }
        var reasons: [String: String] =
            switch self {
            case .resume(let resume): resume.unsupported(hasLog: target.supports(.log))
            case .snapshot(let snapshot): snapshot.unsupported(tellsLoading: target.supports(.tellsLoading))
            case .idle, .fast, .stalled, .handshake, .ceiling, .lag: [:]
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
    /// primary does.
    func suits(_ target: TargetSpecification) -> Bool {
        (self.transfer == .streamed || target.supports(.copyThroughFile))
            && (self.data.chunkBytes == nil || target.supports(.copyChunks))
    }
}

extension ResumeCase {
    /// Without a log there is no index to vary, and no page cache that matters.
    var isPossibleWithoutLog: Bool {
        self.engine.indexInterval == Engine.defaultIndexInterval && self.cache == .warm
    }
}
