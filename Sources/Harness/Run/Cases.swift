// The cases of a run: which settings of which scenario. A case knows its parameters under the names that reports use, and
// which metrics it promises.

package import Measurement
import Workload

/// One cell of the fan-out grid.
package struct FanOutCase: Hashable, Sendable {
    package enum Kind: String, Sendable, CaseIterable {
        /// Replicas without load: what does a replica cost in memory?
        case idle
        /// Replicas that read under load: what does a delivery cost in time?
        case fast
        /// As `fast`, with replicas that read too slowly for the load.
        case slow
        /// As `fast`, with replicas that leave and come back all the time.
        case flapping
        /// As `fast`, with replicas that come in the middle of the load and hold what was there at its beginning.
        case late
        /// As `fast`, with replicas that never acknowledge.
        case silent
        /// Replicas that stopped reading: what does a backlog cost in memory?
        case stalled

        /// What the replicas do; those without load only wait.
        var behaviour: BehaviourKind {
            switch self {
            case .idle, .fast: .fast
            case .slow: .slow
            case .flapping: .flapping
            case .late: .late
            case .silent: .silent
            case .stalled: .stalled
            }
        }
    }

    package var kind: Kind
    package var replicas: Int
    package var load: LoadCase
    package var fanOut = EngineSettings.FanOut.shared
    package var bystanders = Bystanders()
    /// How long the load runs before it is measured, and while it is.
    package var warmUpSeconds = 0.2
    package var seconds = 0.7
    /// Bytes of commands to write beforehand, so that a backlog is full when something is measured; its memory is then read
    /// at the end. 0: neither.
    package var fillBytes = 0
    /// A trial of a search, which may go beyond what the generator can do.
    package var isProbe = false
    /// How long idle replicas have been there when memory is read; nil for what newcomers cost. Servers may shrink the buffers
    /// of a connection that does nothing: Redis does within some seconds.
    package var settleSeconds: Int?
    /// What a stalled replica has ahead of it, in bytes.
    package var pendingBytes = Self.defaultPendingBytes

    package static let defaultPendingBytes = 64 << 20
    /// Redis refreshes the allocator's figures ten times a second.
    private static let newcomerSeconds = 0.25
    var secondsUntilRead: Double { self.settleSeconds.map { Double($0) } ?? Self.newcomerSeconds }

    package init(_ kind: Kind, replicas: Int, valueSize: Int) {
        self.kind = kind
        self.replicas = replicas
        self.load = LoadCase(valueSize: valueSize)
    }

    package var parameters: [Parameter] {
        let isOpen = self.load.rate != nil
        var parameters = [
            Parameter("replicas", self.replicas),
            Parameter("value_size", self.load.valueSize),
            Parameter("behaviour", self.kind.rawValue),
            Parameter("fan_out", self.fanOut.rawValue),
            Parameter("connections", self.kind == .idle ? 0 : self.load.connections),
            Parameter("pipeline", self.kind == .idle || isOpen ? 0 : self.load.pipeline),
        ]
        guard self.kind != .idle else {
            return parameters + (self.settleSeconds.map { [Parameter("settle", $0)] } ?? [])
        }
        parameters.append(Parameter("loop", isOpen ? "open" : "closed"))
        if let rate = self.load.rate { parameters.append(Parameter("write_rate", rate)) }
        if let limit = self.bytesPerSecond { parameters.append(Parameter("load_limit", limit)) }
        return parameters + self.load.peculiarities + self.bystanders.parameters
    }

    /// What a closed loop sends per second at most. Replicas that fall behind must find everything in the backlog still, so
    /// the load leaves room for them.
    var bytesPerSecond: Int? {
        let fallsBehind = self.kind != .stalled && self.kind.behaviour.fallsBehind
        guard self.load.rate == nil, fallsBehind || self.bystanders.fallBehind else { return nil }
        return BacklogRoom.bytesPerSecond(loadSeconds: self.loadSeconds)
    }

    var loadSeconds: Double { self.warmUpSeconds + self.seconds }

    private static let memoryMetrics = [
        "allocator_allocated", "allocator_active", "allocator_resident", "mem_total_replication_buffers",
    ]

    package var expectedMetrics: [String] {
        let memory = Self.memoryMetrics + ["rss", "pss"]
        switch self.kind {
        case .idle: return memory
        case .stalled: return memory + ["bytes_pending_total", "sharing_ratio"]
        case .fast, .slow, .flapping, .late, .silent:
            let latency =
                self.load.rate == nil
                ? ["write_latency"]
                : ["response", "wait", "service", "generator_lateness", "offered_rate", "dropped_writes"]
            let load = ["write_rate", "generator_cpu_share", "load_cpu_share"] + latency
            let processor = ["primary_cpu_per_write", "primary_cpu_share"]
            guard self.replicas > 0 else { return load + processor }
            let resumes = self.kind == .flapping ? ["replica_resumes"] : []
            let delivery = ["delivered_rate", "delivered_bytes_rate", "replica_lag", "replicas_cpu_share"] + resumes
            return load + processor + delivery + ["primary_cpu_per_delivery"]
        }
    }
}

/// One cell of the handshake grid.
package struct HandshakeCase: Hashable, Sendable {
    package enum Kind: String, Sendable, CaseIterable {
        /// A replica that holds everything.
        case tip
        /// As `tip`, with only what the server insists on.
        case minimal
        /// A replica some mutations behind.
        case behind
        /// A request that makes no sense, to be refused.
        case malformed
        /// Many replicas that come at once and stay.
        case storm
    }

    package var kind: Kind
    /// Handshakes under way at a time; for a storm all of them.
    package var concurrency: Int
    /// Of those that come as a storm and stay.
    package var behaviour = BehaviourKind.fast
    /// How long handshakes are made and measured.
    package var seconds = 0.5

    package init(_ kind: Kind, concurrency: Int) {
        self.kind = kind
        self.concurrency = concurrency
    }

    package var parameters: [Parameter] {
        let parameters = [Parameter("kind", self.kind.rawValue), Parameter("concurrency", self.concurrency)]
        guard self.kind == .storm else { return parameters }
        let behaviour = self.behaviour == .fast ? [] : [Parameter("behaviour", self.behaviour.rawValue)]
        return parameters + [Parameter("replicas", self.concurrency)] + behaviour
    }

    package var expectedMetrics: [String] {
        if self.kind == .storm { return ["time_to_all_online"] }
        return ["handshake_rate", "handshake_latency", "primary_cpu_per_handshake"]
    }
}

/// One cell of the ceiling: what this machine can do without any server.
package struct CeilingCase: Hashable, Sendable {
    package var sockets: Int
    package var valueSize: Int

    package init(sockets: Int, valueSize: Int) {
        self.sockets = sockets
        self.valueSize = valueSize
    }

    package var parameters: [Parameter] {
        [Parameter("sockets", self.sockets), Parameter("value_size", self.valueSize)]
    }

    package static let expectedMetrics = ["cpu_per_delivery", "delivered_rate", "memory_copy_rate", "memory_grow_rate"]
}
