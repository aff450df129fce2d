// swift-tools-version: 6.2
import PackageDescription

// Every target is Swift 6 with the strictest import and existential rules; a warning is an error. Whole-program
// optimisation across modules matters here: the path of a command crosses five of them.
let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
    .unsafeFlags(["-cross-module-optimization", "-enforce-exclusivity=unchecked"], .when(configuration: .release)),
]

func core(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name + "Tests", dependencies: dependencies, swiftSettings: settings)
}

let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
]
let http: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let metrics: Target.Dependency = .product(name: "CoreMetrics", package: "swift-metrics")
let deque: Target.Dependency = .product(name: "DequeModule", package: "swift-collections")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let tls: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let yaml: Target.Dependency = .product(name: "Yams", package: "Yams")
let histogram: Target.Dependency = .product(name: "Histogram", package: "hdrhistogram-swift")

let package = Package(
    name: "sluice",
    products: [
        .executable(name: "sluice", targets: ["sluice"]),
        .library(
            name: "SluiceCores",
            targets: ["Primitives", "RESP", "Keyspace", "RDB", "ReplicationLog", "Replication", "Engine"]
        ),
        .library(name: "SluiceChannels", targets: ["ChannelHost", "ChannelSockets"]),
        .library(name: "SluiceProbes", targets: ["Probes"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics.git", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-collections.git", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.6"),
        .package(url: "https://github.com/jpsim/Yams.git", from: "6.2.2"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift.git", from: "0.2.0"),
    ],
    targets: [
        .systemLibrary(name: "CJemalloc", pkgConfig: "jemalloc", providers: [.apt(["libjemalloc-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .target(name: "CLinux"),
        .target(name: "CIntrinsics"),

        core("Primitives"),
        core("RESP", ["Primitives"]),
        core("Keyspace", ["Primitives", "RESP", "CIntrinsics"]),
        core("RDB", ["Primitives", "RESP", "CIntrinsics"]),
        core("ReplicationLog", ["Primitives", "CIntrinsics"]),
        core("LogFiles", ["Primitives", "ReplicationLog", "CLinux"]),
        core("Replication", ["Primitives", "RESP", "ReplicationLog", deque]),
        core("Channels", ["Primitives", "ReplicationLog", crypto]),
        core("ChannelMetrics", ["Channels", metrics]),
        core("ChannelHost", ["Primitives", "Channels", "ChannelMetrics"]),
        core("ChannelSockets", ["Primitives", "Channels", "ChannelHost"] + nio),
        core("ChannelSimulation", ["Primitives", "Channels"]),
        core("Engine", ["Primitives", "RESP", "Keyspace", "RDB", "Replication", "ReplicationLog"]),
        core("Simulation", ["Primitives", "RESP", "Keyspace", "Replication", "ReplicationLog", "Engine"]),
        core("Sockets", ["CLinux"]),
        core("Probes", ["CJemalloc"]),
        core("MetricsPage", ["Probes", metrics, http] + nio),
        core(
            "Server",
            [
                "Primitives", "RESP", "Keyspace", "Replication", "ReplicationLog", "LogFiles", "Channels",
                "ChannelMetrics", "Engine", "Sockets", "Probes", logging, metrics, deque, crypto, tls,
            ] + nio
        ),

        core("Measurement", ["CZlib", histogram]),
        core("Workload", ["Primitives"]),
        core("Planning", ["Measurement"]),
        core("Reports", ["Measurement", "Planning"]),
        core(
            "Harness",
            [
                "Primitives", "RESP", "Replication", "ReplicationLog", "LogFiles", "Channels", "Sockets", "Probes",
                "Measurement", "Workload", histogram, yaml, tls,
            ] + nio
        ),
        .executableTarget(
            name: "sluice",
            dependencies: [
                "Primitives", "RESP", "Keyspace", "Replication", "Channels", "ChannelSimulation", "ReplicationLog",
                "LogFiles", "Engine", "Simulation", "Server", "Probes", "Measurement", "Workload", "Harness",
                "Planning", "Reports", "MetricsPage", logging, metrics,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings
        ),

        tests("Probes", ["Probes"]),
        tests("Measurement", ["Measurement", histogram]),
        tests("Planning", ["Planning", "Measurement"]),
        tests("Reports", ["Reports", "Measurement", "Planning", histogram]),
        tests("Workload", ["Primitives", "Workload"]),
        tests("Primitives", ["Primitives"]),
        tests("RESP", ["Primitives", "RESP"]),
        tests("Keyspace", ["Primitives", "RESP", "Keyspace"]),
        tests("RDB", ["Primitives", "RESP", "CIntrinsics", "RDB"]),
        tests(
            "Differential",
            ["Primitives", "RESP", "Keyspace", "RDB", "Engine", "Sockets", "Server", "Harness", logging]
        ),
        tests("Harness", ["Primitives", "Sockets", "Measurement", "Workload", "Harness", "Reports", histogram]),
        tests("Replication", ["Primitives", "RESP", "ReplicationLog", "Replication"]),
        tests("Channels", ["Primitives", "Channels"]),
        tests("ChannelHost", ["ChannelHost"]),
        tests(
            "ChannelMetrics",
            ["Primitives", "Channels", "ChannelMetrics", metrics]
                + [.product(name: "MetricsTestKit", package: "swift-metrics")]
        ),
        tests("MetricsPage", ["Sockets", "MetricsPage", metrics]),
        tests("ChannelSockets", ["ChannelHost", "ChannelSockets"] + nio),
        tests("ChannelSimulation", ["Channels", "ChannelSimulation"]),
        tests("ReplicationLog", ["Primitives", "CIntrinsics", "ReplicationLog", "Simulation"]),
        tests("LogFiles", ["Primitives", "ReplicationLog", "LogFiles"]),
        tests(
            "Engine",
            ["Primitives", "RESP", "Keyspace", "RDB", "Replication", "ReplicationLog", "Engine", "Simulation"]
        ),
        tests(
            "Simulation",
            ["Primitives", "RESP", "Keyspace", "Replication", "ReplicationLog", "Engine", "Simulation"]
        ),
        tests(
            "Server",
            [
                "Primitives", "RESP", "RDB", "Keyspace", "Replication", "ReplicationLog", "Channels", "Server",
                "Sockets", logging, nio[0],
            ]
        ),
        tests("Tidiness", []),
    ],
    swiftLanguageModes: [.v6]
)
