import ArgumentParser
import Harness

/// Which cases are measured: a suite that comes with the program or a file, narrowed by what the user asks for.
struct SuiteOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Which cases: the name of a suite, or a file (docs/scenarios.md). (default: quick)",
            discussion: "quick (a minute), standard (many minutes), full, resume, snapshot, live, lag, scale or soak; "
                + "--list tells what each has."
        )
    )
    var suite: String?

    @Option(help: "Only cases with this many replicas; may be repeated.")
    var replicas: [Int] = []

    @Option(help: "Only cases with values of this many bytes (24 or more).")
    var valueSize: Int?

    @Option(help: "Trials per case, instead of the suite's own number.")
    var trials: Int?

    @Flag(help: "List the suites, or with --suite its cases, with trials and time, and measure nothing.")
    var list = false

    @Option(help: "Explain the cases with these words, such as 'fan-out replicas=16', and measure nothing.")
    var explain: String?

    /// The suite that is no list of cases, but minutes of one.
    private static let soak = "soak"

    var name: String { self.suite ?? "quick" }

    func validate() throws {
        guard self.valueSize.map({ (24...(64 << 20)).contains($0) }) ?? true else {
            throw ValidationError("A value has 24 to 67108864 bytes: it must hold the header that is verified.")
        }
        guard self.trials.map({ (1...1000).contains($0) }) ?? true else {
            throw ValidationError("--trials takes 1 to 1000.")
        }
        guard self.replicas.allSatisfy({ (0...10_000).contains($0) }) else {
            throw ValidationError("--replicas takes 0 to 10000.")
        }
        guard !self.isSoak else { return }
        do {
            let suite = try self.narrowed()
            guard !suite.entries.isEmpty else {
                throw ValidationError(
                    "No case of the suite \(suite.name) is left with these --replicas and --value-size."
                )
            }
        } catch let error as HarnessError {
            throw ValidationError(error.message)
        }
    }

    var isSoak: Bool { self.name == Self.soak }

    /// What a suite wants to be measured.
    func targets() throws(HarnessError) -> [String] {
        let own = self.isSoak ? [] : try self.narrowed().targets
        return own.isEmpty ? ["bundled"] : own
    }

    func seed() throws(HarnessError) -> UInt64? { self.isSoak ? nil : try self.narrowed().seed }

    /// What is to be measured.
    func narrowed() throws(HarnessError) -> Suite {
        try Self.load(self.name).narrowed(
            replicas: self.replicas.isEmpty ? nil : self.replicas,
            valueSize: self.valueSize,
            trials: self.trials
        )
    }

    /// What is told instead of measuring; nil when the user wants a measurement.
    func answer() throws(HarnessError) -> String? {
        guard self.list || self.explain != nil else { return nil }
        let guide = SuiteGuide(self.suite == nil ? try Self.builtIn() : [try self.narrowed()])
        if let explain { return try guide.explanation(of: explain) }
        return self.suite == nil ? guide.overview : guide.listing
    }

    private static func builtIn() throws(HarnessError) -> [Suite] {
        var suites: [Suite] = []
        for name in BuiltInSuites.names { suites.append(try BuiltInSuites.suite(name)) }
        return suites
    }

    /// A name goes before a file; a file is told by its path.
    static func load(_ name: String) throws(HarnessError) -> Suite {
        guard !BuiltInSuites.names.contains(name), name.contains("/") || name.contains(".") else {
            return try BuiltInSuites.suite(name)
        }
        guard let text = TextFile.read(name) else {
            throw HarnessError(.usage, "the suite \(name) cannot be read; give a file, or one of the suites in --list")
        }
        return try SuiteFile.read(text, name: name)
    }
}
