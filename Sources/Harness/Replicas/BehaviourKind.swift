import Measurement

/// The behaviours of synthetic replicas, by the names that suites and reports use.
package enum BehaviourKind: String, Sendable, CaseIterable {
    case fast, slow, stalled, flapping, late, silent

    private static let slowBytesPerSecond = 16 << 20
    private static let staySeconds = 0.1
    private static let awaySeconds = 0.03

    /// How one behaves in a trial whose load runs for so long.
    package func behaviour(loadSeconds: Double) -> ReplicaBehaviour {
        switch self {
        case .fast: .fast
        case .slow: .slow(bytesPerSecond: Self.slowBytesPerSecond)
        case .stalled: .stalled
        case .flapping: .flapping(staySeconds: Self.staySeconds, awaySeconds: Self.awaySeconds)
        case .late: .late(joinSeconds: loadSeconds / 2)
        case .silent: .silent
        }
    }

    /// Whether one falls behind a load that a fast one follows.
    package var fallsBehind: Bool {
        switch self {
        case .slow, .stalled, .flapping, .late: true
        case .fast, .silent: false
        }
    }
}

/// Replicas that are there while others are measured, so many of each behaviour.
package struct Bystanders: Hashable, Sendable, CustomStringConvertible {
    package var counts: [BehaviourKind: Int]

    package init(_ counts: [BehaviourKind: Int] = [:]) { self.counts = counts.filter { $0.value > 0 } }

    package var isEmpty: Bool { self.counts.isEmpty }

    /// By behaviour, in a fixed order.
    var groups: [(kind: BehaviourKind, count: Int)] {
        BehaviourKind.allCases.compactMap { kind in self.counts[kind].map { (kind, $0) } }
    }

    var fallBehind: Bool { self.counts.keys.contains(where: \.fallsBehind) }

    /// `2 slow 1 stalled`.
    package var description: String { self.groups.map { "\($0.count) \($0.kind.rawValue)" }.joined(separator: " ") }

    var parameters: [Parameter] { self.isEmpty ? [] : [Parameter("bystanders", self)] }
}

/// What replicas that fall behind must find in the backlog still.
enum BacklogRoom {
    /// The backlog of every server here is 256 MiB; the rest is for what comes at its edges.
    private static let bytes = 160 << 20
    private static let mostPerSecond = 64 << 20

    /// The most that a load of so many seconds may send per second.
    static func bytesPerSecond(loadSeconds: Double) -> Int {
        min(self.mostPerSecond, Int(Double(self.bytes) / max(loadSeconds, 0.001)))
    }
}
