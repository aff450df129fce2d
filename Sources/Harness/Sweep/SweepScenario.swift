// What a sweep measures at each of its settings: one case of a scenario, and the figures that a choice among settings is made by.

package import Measurement

/// A scenario that can be swept.
package enum SweepScenario: String, Sendable, CaseIterable {
    case fanOut = "fan-out"
    case resume
    case snapshot
    case handshake
    case lag

    /// The first is what settings are judged by.
    package var metrics: [SweepMetric] {
        switch self {
        case .fanOut:
            [
                SweepMetric("write_rate", unit: "1/s", better: .higher),
                SweepMetric("delivered_rate", unit: "1/s", better: .higher),
                SweepMetric("primary_cpu_per_delivery", unit: "us", better: .lower),
                SweepMetric("write_latency", stat: "p99", unit: "us", better: .lower),
            ]
        case .resume:
            [
                SweepMetric("caught_up", stat: "p50", unit: "us", better: .lower),
                SweepMetric("first_frame", stat: "p50", unit: "us", better: .lower),
                SweepMetric("disk_bytes_per_resume", unit: "B", better: .lower),
            ]
        case .snapshot:
            [
                SweepMetric("copy_bytes_rate", unit: "B/s", better: .higher),
                SweepMetric("copy_primary_cpu", unit: "s", better: .lower),
                SweepMetric("trigger_pause", unit: "us", better: .lower),
            ]
        case .handshake:
            [
                SweepMetric("handshake_rate", unit: "1/s", better: .higher),
                SweepMetric("handshake_latency", stat: "p99", unit: "us", better: .lower),
                SweepMetric("primary_cpu_per_handshake", unit: "us", better: .lower),
            ]
        case .lag:
            [
                SweepMetric("lag", stat: "p99", unit: "us", better: .lower),
                SweepMetric("lag", stat: "p50", unit: "us", better: .lower),
                SweepMetric("primary_cpu_share", unit: "ratio", better: .lower),
            ]
        }
    }

    /// What a setting costs in memory, where the scenario measures that.
    package var cost: SweepMetric? {
        switch self {
        case .fanOut: SweepMetric("allocator_allocated", unit: "B", better: .lower)
        case .snapshot: SweepMetric("memory_extra", unit: "B", better: .lower)
        case .resume, .handshake, .lag: nil
        }
    }

    /// Seconds that one measurement takes by experience, with the server's start.
    func seconds(_ shape: SweepShape, fillBytes: Int) -> Double {
        switch self {
        case .fanOut: 2 + Double(fillBytes) / 300e6
        case .resume: 3
        case .snapshot: 1.5 + Double(shape.keys) / 300_000
        case .handshake: 1
        case .lag: 4
        }
    }
}

/// The case that is measured at each setting.
package struct SweepShape: Sendable {
    package var replicas = 8
    package var valueSize = 1024
    /// Keys of a full copy.
    package var keys: UInt64 = 200_000
    /// Mutations that a returning replica lacks.
    package var distance: UInt64 = 9000

    package init() {}

    /// Writes a second, where lag is measured.
    private static let lagRate = 50_000
    private static let resumeRecords: UInt64 = 200_000
    private static let handshakeConcurrency = 8

    /// - Parameter fillBytes: what fills the backlog beforehand, where the fan-out is measured.
    func work(_ scenario: SweepScenario, _ knobs: [Knob], fillBytes: Int = 0) -> Plan.Work {
        switch scenario {
        case .fanOut:
            var fanOut = FanOutCase(.fast, replicas: self.replicas, valueSize: self.valueSize)
            fanOut.fillBytes = fillBytes
            return .fast(fanOut)
        case .resume:
            var resume = ResumeCase(records: Self.resumeRecords, distance: self.distance)
            // Where a replica resumes from follows from the backlog, and the case checks it.
            if let bytes = knobs.first(where: { $0.name == "backlog-size" })?.bytes {
                resume.engine.backlogBytes = bytes
            }
            if let interval = knobs.first(where: { $0.name == "index-interval" }).flatMap({ Int($0.value) }) {
                resume.engine.indexInterval = interval
            }
            return .resume(resume)
        case .snapshot:
            var snapshot = SnapshotCase(SnapshotCase.DataSet(keys: self.keys, valueSize: self.valueSize))
            snapshot.replicas = max(1, self.replicas)
            return .snapshot(snapshot)
        case .handshake:
            return .handshake(HandshakeCase(.tip, concurrency: Self.handshakeConcurrency))
        case .lag:
            var lag = LagCase(.discarding, .rate(Self.lagRate))
            lag.replicas = max(1, self.replicas)
            lag.valueSize = self.valueSize
            return .lag(lag)
        }
    }
}

extension Knob {
    /// The value as bytes, with or without a suffix; nil when it is no size.
    package var bytes: Int? {
        let lower = self.value.lowercased()
        let digits = lower.prefix { ("0"..."9").contains($0) }
        let units = ["": 1, "kb": 1 << 10, "mb": 1 << 20, "gb": 1 << 30]
        guard let number = Int(digits), let unit = units[String(lower.dropFirst(digits.count))] else { return nil }
        let (bytes, overflow) = number.multipliedReportingOverflow(by: unit)
        return overflow ? nil : bytes
    }
}
