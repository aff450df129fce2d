// The cases of a run: which settings of which scenario. A case knows its parameters under the names that reports use, and
// which metrics it promises.

package import Measurement
import Workload

/// One cell of the fan-out grid.
package struct FanOutCase: Hashable, Sendable {
    package enum Kind: String, Sendable {
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
    }

    package var kind: Kind
    package var replicas: Int
    package var valueSize: Int
    package var connections = 50
    package var pipeline = 64
    package var fanOut = EngineSettings.FanOut.shared

    package init(_ kind: Kind, replicas: Int, valueSize: Int) {
        self.kind = kind
        self.replicas = replicas
        self.valueSize = valueSize
    }

    package var parameters: [Parameter] {
        let parameters = [
            Parameter("replicas", self.replicas),
            Parameter("value_size", self.valueSize),
            Parameter("behaviour", self.kind.rawValue),
            Parameter("fan_out", self.fanOut.rawValue),
            Parameter("connections", self.kind == .idle ? 0 : self.connections),
            Parameter("pipeline", self.kind == .idle ? 0 : self.pipeline),
        ]
        return parameters + (self.bytesPerSecond.map { [Parameter("load_limit", $0)] } ?? [])
    }

    /// What the load sends per second at most. Replicas that fall behind must find everything in a backlog of 256 MiB
    /// still, so the load leaves room for them.
    var bytesPerSecond: Int? {
        switch self.kind {
        case .slow, .flapping, .late: 64 << 20
        case .idle, .fast, .silent, .stalled: nil
        }
    }

    private static let slowBytesPerSecond = 16 << 20
    private static let staySeconds = 0.1
    private static let awaySeconds = 0.03

    /// How the replicas of this case behave in a trial whose load runs for so long.
    func behaviour(loadSeconds: Double) -> ReplicaBehaviour {
        switch self.kind {
        case .idle, .fast: .fast
        case .slow: .slow(bytesPerSecond: Self.slowBytesPerSecond)
        case .flapping: .flapping(staySeconds: Self.staySeconds, awaySeconds: Self.awaySeconds)
        case .late: .late(joinSeconds: loadSeconds / 2)
        case .silent: .silent
        case .stalled: .stalled
        }
    }

    private static let memoryMetrics = [
        "allocator_allocated", "allocator_active", "allocator_resident", "mem_total_replication_buffers",
    ]

    package var expectedMetrics: [String] {
        let memory = Self.memoryMetrics + ["rss", "pss"]
        switch self.kind {
        case .idle: return memory
        case .stalled: return memory + ["bytes_pending_total", "sharing_ratio"]
        case .fast, .slow, .flapping, .late, .silent:
            let load = ["write_rate", "write_latency", "generator_cpu_share"]
            let processor = ["primary_cpu_per_write", "primary_cpu_share"]
            guard self.replicas > 0 else { return load + processor }
            let resumes = self.kind == .flapping ? ["replica_resumes"] : []
            let delivery = ["delivered_rate", "delivered_bytes_rate", "replica_lag"] + resumes
            return load + processor + delivery + ["primary_cpu_per_delivery"]
        }
    }
}

extension FanOutCase {
    /// The load that this case asks for.
    func load(keys: UInt64) -> LoadShape {
        var shape = LoadShape()
        shape.connections = self.connections
        shape.pipeline = self.pipeline
        shape.valueSize = self.valueSize
        shape.keys = .uniform(keys: keys)
        shape.bytesPerSecond = self.bytesPerSecond
        return shape
    }
}

/// One cell of the handshake grid.
package struct HandshakeCase: Hashable, Sendable {
    package enum Kind: String, Sendable {
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

    package init(_ kind: Kind, concurrency: Int) {
        self.kind = kind
        self.concurrency = concurrency
    }

    package var parameters: [Parameter] {
        let parameters = [Parameter("kind", self.kind.rawValue), Parameter("concurrency", self.concurrency)]
        return self.kind == .storm ? parameters + [Parameter("replicas", self.concurrency)] : parameters
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

    package static let expectedMetrics = ["cpu_per_delivery", "delivered_rate", "memory_copy_rate"]
}
