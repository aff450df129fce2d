// One description per product of what it supports: how it talks to replicas, what can be measured of it, which settings it has
// under which names, and what a report prints of them. A peer with another dialect or other abilities is one more value here.

package struct TargetProfile: Sendable {
    package enum Capability: Hashable, Sendable {
        /// Keeps a log on disk, with a seek index, from which replicas resume.
        case log
        /// Can give every replica a copy of the stream of its own, as a control.
        case privateCopies
        /// Can send a full copy without a file of its own in between, and through one.
        case copyThroughFile
        /// Sends a full copy to whoever holds nothing, and never the whole stream instead.
        case copiesToNewcomers
        /// Sends a full copy in chunks whose size can be set.
        case copyChunks
        /// A live replica says when it loads.
        case tellsLoading
        /// Serves a thousand idle replicas without a thought, which shows its scale.
        case manyReplicas
        /// Forks to make a full copy, and so writes memory that it shares with its child.
        case forks
        /// Remembers replicas by their ids between connections.
        case slots
        /// Elects a leader among several nodes.
        case groups
    }

    package let product: TargetSpecification.Product
    /// `bundled`, `redis` …: what the user types, and the id in results.
    package let name: String
    package let productName: String
    package let dialect: Dialect
    package let scheme: String
    /// The scheme that asks for TLS; nil where the product has none.
    package let secureScheme: String?
    package let defaultPort: UInt16
    package let takesPassword: Bool
    package let capabilities: Set<Capability>
    /// The program, and how it is installed; nil for the engine that is part of this one.
    let server: (program: String, advice: String)?
    let rules: [KnobRule]
    /// Settings that decide what replication costs, under the product's own names.
    let reportedSettings: [String]

    package static let all = [TargetProfile.sluice, .redis, .valkey]

    package static func of(_ product: TargetSpecification.Product) -> TargetProfile {
        switch product {
        case .sluice: .sluice
        case .redis: .redis
        case .valkey: .valkey
        }
    }

    /// The knobs that it has, by the harness's names.
    package var knobNames: [String] { self.rules.map(\.name) }

    /// A knob in the product's own words.
    /// - Throws: `usage` when it has no such knob, with those that it has, or does not take the value.
    func settings(for knob: Knob) throws(HarnessError) -> [ServerSetting] {
        guard let rule = self.rules.first(where: { $0.name == knob.name }) else {
            throw HarnessError(
                .usage,
                "\(self.productName) has no knob \(knob.name); it has \(self.knobNames.joined(separator: ", "))"
            )
        }
        return try rule.settings(for: knob.value)
    }
}

extension TargetProfile {
    package static let sluice = TargetProfile(
        product: .sluice,
        name: "bundled",
        productName: "Sluice",
        dialect: .replicate,
        scheme: "sluice",
        secureScheme: nil,
        defaultPort: 6399,
        takesPassword: false,
        capabilities: [.log, .privateCopies, .copyChunks, .manyReplicas, .slots, .groups],
        server: nil,
        rules: [
            KnobRule("chunk-size", .size, "chunk-size"),
            KnobRule("backlog-size", .size, "backlog-size"),
            KnobRule("index-interval", .number, Self.withLog("log-index-interval")),
            KnobRule("segment-size", .size, Self.withLog("log-segment-size")),
            KnobRule("snapshot-chunk-size", .size, "snapshot-chunk-size"),
            KnobRule("snapshot-join-window", .number, "snapshot-join-window"),
            KnobRule("snapshot-rate", .size, "snapshot-rate"),
            KnobRule("max-snapshots", .number, "max-snapshots"),
            KnobRule("shards", .number, "shards"),
            KnobRule("log-sync", .choice(["always", "everysec", "no"]), Self.withLog("log-sync")),
            KnobRule("fan-out", .choice(["shared", "copy"]), "fan-out"),
            KnobRule("link-output-limit", .size, "link-output-limit"),
            KnobRule("channel-chunk-size", .size, "channel-chunk-size"),
            KnobRule("link-speed", .size, "link-speed"),
        ],
        reportedSettings: [
            "shards", "fan-out", "backlog-size", "chunk-size", "link-output-limit", "snapshot-chunk-size",
            "max-snapshots", "snapshot-join-window", "snapshot-rate", "log-sync", "log-segment-size",
            "log-index-interval", "link-timeout", "commit",
        ]
    )

    /// A setting of the log means that there is one.
    private static func withLog(_ setting: String) -> [ServerSetting] {
        [
            ServerSetting("data-dir", ChildProcess.directoryPlaceholder + "/data"),
            ServerSetting(setting, KnobRule.placeholder),
        ]
    }

    package static let redis = TargetProfile(
        product: .redis,
        name: "redis",
        productName: "Redis",
        dialect: .psync,
        scheme: "redis",
        secureScheme: "rediss",
        defaultPort: 6379,
        takesPassword: true,
        capabilities: [.copyThroughFile, .copiesToNewcomers, .tellsLoading, .forks],
        server: ("redis-server", "Debian: apt install redis-server"),
        rules: Self.rulesOfRedis,
        reportedSettings: Self.settingsOfRedis
    )

    package static let valkey = TargetProfile(
        product: .valkey,
        name: "valkey",
        productName: "Valkey",
        dialect: .psync,
        scheme: "valkey",
        secureScheme: "valkeys",
        defaultPort: 6379,
        takesPassword: true,
        capabilities: [.copyThroughFile, .copiesToNewcomers, .tellsLoading, .forks],
        server: ("valkey-server", "Debian: apt install valkey"),
        rules: Self.rulesOfRedis,
        reportedSettings: Self.settingsOfRedis + ["dual-channel-replication-enabled"]
    )

    private static let rulesOfRedis = [
        KnobRule("backlog-size", .size, "repl-backlog-size"),
        KnobRule(
            "link-output-limit",
            .size,
            [ServerSetting("client-output-buffer-limit", "replica \(KnobRule.placeholder) 0 0")]
        ),
        KnobRule(
            "log-sync",
            .choice(["always", "everysec", "no"]),
            [ServerSetting("appendonly", "yes"), ServerSetting("appendfsync", KnobRule.placeholder)]
        ),
        KnobRule("diskless-sync", .choice(["yes", "no"]), "repl-diskless-sync"),
        KnobRule("diskless-sync-delay", .number, "repl-diskless-sync-delay"),
        KnobRule("diskless-load", .choice(["disabled", "on-empty-db", "swapdb"]), "repl-diskless-load"),
        KnobRule("rdb-compression", .choice(["yes", "no"]), "rdbcompression"),
        KnobRule("io-threads", .number, "io-threads"),
        KnobRule("repl-timeout", .number, "repl-timeout"),
        KnobRule("maxmemory", .size, "maxmemory"),
    ]

    private static let settingsOfRedis = [
        "client-output-buffer-limit", "repl-backlog-size", "repl-diskless-sync", "repl-diskless-sync-delay",
        "repl-diskless-sync-max-replicas", "repl-diskless-load", "repl-timeout", "repl-ping-replica-period",
        "repl-disable-tcp-nodelay", "min-replicas-to-write", "save", "appendonly", "appendfsync", "io-threads",
        "io-threads-do-reads", "rdbcompression", "rdbchecksum", "maxmemory", "maxmemory-policy", "activedefrag",
    ]
}
