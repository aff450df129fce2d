import Testing

@Suite struct ImportTests {
    /// What each module may import of the package's own; the direction in which the house is built.
    private static let own: [String: Set<String>] = [
        "Primitives": [],
        "RESP": ["Primitives"],
        "Keyspace": ["Primitives", "RESP", "CIntrinsics"],
        "RDB": ["Primitives", "RESP", "CIntrinsics"],
        "ReplicationLog": ["Primitives", "CIntrinsics"],
        "LogFiles": ["Primitives", "ReplicationLog", "CLinux"],
        "Replication": ["Primitives", "RESP", "ReplicationLog"],
        "Channels": ["Primitives", "ReplicationLog"],
        "ChannelSockets": ["Primitives", "Channels", "ChannelHost"],
        "ChannelMetrics": ["Channels"], "ChannelHost": ["Primitives", "Channels", "ChannelMetrics"],
        "ChannelSimulation": ["Primitives", "Channels"],
        "Engine": ["Primitives", "RESP", "Keyspace", "RDB", "Replication", "ReplicationLog"],
        "Simulation": ["Primitives", "RESP", "Keyspace", "Replication", "ReplicationLog", "Engine"],
        "Sockets": ["CLinux"],
        "Probes": ["CJemalloc"],
        "Server": [
            "Primitives", "RESP", "Keyspace", "Replication", "ReplicationLog", "LogFiles", "Channels",
            "ChannelMetrics", "Engine", "Sockets", "Probes",
        ],
        "MetricsPage": ["Probes"],
        "Measurement": ["CZlib"],
        "Workload": ["Primitives"],
        "Planning": ["Measurement"],
        // Reads run records only, so that an old run can be rendered again.
        "Reports": ["Measurement", "Planning"],
        // Neither Engine nor Server: every target is talked to over the same public protocols. Of Channels the messages, and
        // logs that members kept of what they discarded.
        "Harness": [
            "Primitives", "RESP", "Replication", "ReplicationLog", "LogFiles", "Channels", "Sockets", "Probes",
            "Measurement", "Workload", "CLinux",
        ],
        "sluice": [
            "Primitives", "RESP", "Keyspace", "Replication", "Channels", "ChannelSimulation", "ReplicationLog",
            "LogFiles", "Engine", "Simulation", "Server", "Sockets", "Probes", "Measurement", "Workload", "Harness",
            "Planning", "Reports", "MetricsPage",
        ],
    ]

    /// What each module may import from elsewhere, and why.
    private static let foreign: [String: Set<String>] = [
        // malloc, memcpy, memcmp, strtod.
        "Primitives": ["Glibc"], "RESP": ["Glibc"], "Keyspace": ["Glibc"], "RDB": ["Glibc"],
        // The same, a queue whose front is cheap to take, and a lock around what chunks on any thread account for.
        "Replication": ["Glibc", "DequeModule", "Synchronization"],
        "Engine": [],
        // Ids of channels and proofs of membership are keyed hashes.
        "Channels": ["Crypto"], "ChannelSimulation": [],
        "ChannelMetrics": ["CoreMetrics"],
        // The wall clock.
        "ChannelHost": ["Glibc"],
        // What the kernel knows of a connection, and the transport.
        "ChannelSockets": ["Glibc", "NIOCore", "NIOPosix"],
        // A lock around what readers on other threads must know.
        "ReplicationLog": ["Glibc", "Synchronization"], "LogFiles": ["Glibc"], "Simulation": ["Synchronization"],
        // Histograms, and the mathematics of statistics.
        "Measurement": ["Histogram", "Glibc"], "Workload": ["Glibc"], "Reports": ["Glibc"],
        "Planning": [],
        // Shells: system calls, threads, and the transport.
        "Sockets": ["Glibc"], "Probes": ["Glibc", "Synchronization"],
        // Members of a group prove themselves by keyed hashes, and may talk through TLS.
        "Server": [
            "Glibc", "Synchronization", "DequeModule", "Logging", "NIOCore", "NIOPosix", "NIOSSL", "Crypto",
            "CoreMetrics",
        ],
        "Harness": [
            "Glibc", "Synchronization", "Histogram", "DequeModule", "Dispatch", "Yams", "NIOCore", "NIOPosix", "NIOSSL",
        ],
        // An HTTP server is not what this project exists for.
        "MetricsPage": ["Glibc", "Synchronization", "CoreMetrics", "NIOCore", "NIOPosix", "NIOHTTP1"],
        "sluice": ["Glibc", "ArgumentParser", "Logging", "CoreMetrics", "Synchronization", "Dispatch"],
    ]

    private static let cores: Set<String> = [
        "Primitives", "RESP", "Keyspace", "ReplicationLog", "Replication", "Engine", "Measurement", "Workload",
        "Reports", "RDB", "Simulation", "Channels", "ChannelSimulation", "Planning",
    ]

    /// Modules in C: CLinux, CIntrinsics, ….
    private static func isC(_ module: String) -> Bool {
        module.hasPrefix("C") && module.dropFirst().first?.isUppercase == true
    }

    @Test("every module of the package has its rule")
    func modules() {
        let written = Set(SourceTree.sources.map(\.module)).filter { !Self.isC($0) }
        #expect(written.isSuperset(of: Self.cores))
        #expect(written.subtracting(Self.own.keys).isEmpty && written.subtracting(Self.foreign.keys).isEmpty)
    }

    @Test("a module imports what the architecture lets it import, and nothing else")
    func directions() {
        for file in SourceTree.sources {
            let allowed = (Self.own[file.module] ?? []).union(Self.foreign[file.module] ?? [])
            for module in file.imports where !module.hasPrefix("Foundation") {
                #expect(allowed.contains(module), "\(file.path) imports \(module)")
            }
        }
    }

    @Test("Foundation stays in the executable and in the folders named Edge, for JSON, files and processes")
    func foundation() {
        for file in SourceTree.sources where file.module != "sluice" && !file.isEdge {
            #expect(!file.imports.contains { $0.hasPrefix("Foundation") }, "\(file.path) imports Foundation")
        }
    }

    @Test("bugs that are planted for the simulator are out of reach of everything else")
    func mutants() {
        for file in SourceTree.sources where !["Channels", "ChannelSimulation", "Simulation"].contains(file.module) {
            guard !file.path.contains("/SimulateCommand") else { continue }
            #expect(!file.text.lowercased().contains("mutant"), "\(file.path)")
        }
    }

    @Test("a core reads no clock, draws no number of its own, opens nothing and starts nothing")
    func cores() {
        let banned = [
            "clock_gettime", "gettimeofday", "Date()", "ContinuousClock", "SuspendingClock", "DispatchTime",
            "SystemRandomNumberGenerator", "Task {", "Task.detached", "DispatchQueue", "pthread_create", "socket(",
            "fopen(", "usleep(", "sleep(", ".randomElement()", ".shuffled()", "Bool.random()",
        ]
        for file in SourceTree.sources where Self.cores.contains(file.module) && !file.isEdge {
            for (index, line) in file.code.enumerated() {
                for word in banned {
                    #expect(!line.contains(word), "\(file.path):\(index + 1) uses \(word)")
                }
            }
        }
    }
}
