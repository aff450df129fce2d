// swift-tools-version: 6.2
import PackageDescription

// A package of its own on `..`, so that the product does not depend on the tools that measure it.

// The cores' symbols are visible within their package, whose name the compiler is given by SwiftPM: the name of the
// folder that it was checked out into, as an identifier. The benchmarks say that they belong to it.
let product = Context.packageDirectory.split(separator: "/").dropLast().last.map(String.init) ?? "sluice"
let accessName = String(product.lowercased().map { $0.isLetter || $0.isNumber ? $0 : "_" })

let package = Package(
    name: "benchmarks",
    dependencies: [
        .package(name: "sluice", path: ".."),
        // Without traits: its malloc and retain counters interpose functions that the allocator here brings itself.
        .package(url: "https://github.com/ordo-one/benchmark.git", exact: "1.38.1", traits: []),
    ],
    targets: [
        .executableTarget(
            name: "CoreBenchmarks",
            dependencies: [
                .product(name: "Benchmark", package: "benchmark"),
                .product(name: "SluiceCores", package: "sluice"),
                .product(name: "SluiceProbes", package: "sluice"),
            ],
            path: "Benchmarks/CoreBenchmarks",
            // Else SwiftPM names this package, and the last name wins.
            packageAccess: false,
            swiftSettings: [
                .enableUpcomingFeature("ExistentialAny"),
                .enableUpcomingFeature("MemberImportVisibility"),
                .treatAllWarnings(as: .error),
                .unsafeFlags(["-package-name", accessName]),
                // As the product is built.
                .unsafeFlags(
                    ["-cross-module-optimization", "-enforce-exclusivity=unchecked"],
                    .when(configuration: .release)
                ),
            ],
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]
        )
    ],
    swiftLanguageModes: [.v6]
)
