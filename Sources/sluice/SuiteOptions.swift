import ArgumentParser
import Harness
import Workload

/// Which cases are measured: a suite that comes with the program or a file, narrowed by what the user asks for.
struct SuiteOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Which cases: the name of a suite, or a file (docs/scenarios.md). (default: quick; gate for comparisons)",
            discussion:
                "quick (a minute), standard (many minutes), full, resume, snapshot, live, lag, faults, gate, scale or soak; "
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

    @Option(
        help: ArgumentHelp(
            "Instead: search for the highest rate of writes that keeps a limit on the response, such as 'p99<5ms'.",
            discussion:
                "Also p50, p90, p99.9 and mean, in us, ms or s. Searched are the cases of --suite that have a load, or one "
                + "with --replicas and --value-size (1 and 100)."
        )
    )
    var findMax: String?

    @Flag(help: "List the suites, or with --suite its cases, with trials and time, and measure nothing.")
    var list = false

    @Option(help: "Explain the cases with these words, such as 'fan-out replicas=16', and measure nothing.")
    var explain: String?

    /// The suite that is no list of cases, but minutes of one.
    private static let soak = "soak"

    /// What is measured unless the user, or what the suite is for, says so.
    static let usual = "quick"

    private func name(otherwise: String = Self.usual) -> String { self.suite ?? otherwise }

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
        if let findMax {
            guard self.limit != nil else {
                throw ValidationError("--find-max takes a limit such as 'p99<5ms' or 'mean<800us', not '\(findMax)'.")
            }
            guard !self.isSoak else { throw ValidationError("--find-max takes no soak.") }
            guard try !self.searched().isEmpty else {
                throw ValidationError("No case of this suite has a load to search.")
            }
            return
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

    var isSoak: Bool { self.suite == Self.soak }

    var limit: LatencyLimit? { self.findMax.flatMap { LatencyLimit(parsing: $0) } }

    /// What the results are called after.
    func label(otherwise: String) -> String { self.limit == nil ? self.name(otherwise: otherwise) : FindMax.scenario }

    /// Whose highest rate is looked for.
    func searched() throws(HarnessError) -> [FanOutCase] {
        guard self.suite == nil else { return FindMax.cases(of: try self.narrowed()) }
        return (self.replicas.isEmpty ? [1] : self.replicas).map {
            FanOutCase(.fast, replicas: $0, valueSize: self.valueSize ?? 100)
        }
    }

    /// What a suite wants to be measured.
    func targets(otherwise: String) throws(HarnessError) -> [String] {
        let own = self.isSoak ? [] : try self.narrowed(otherwise: otherwise).targets
        return own.isEmpty ? ["bundled"] : own
    }

    func seed(otherwise: String) throws(HarnessError) -> UInt64? {
        self.isSoak ? nil : try self.narrowed(otherwise: otherwise).seed
    }

    /// What is to be measured.
    /// - Parameter otherwise: the suite where the user names none.
    func narrowed(otherwise: String = Self.usual) throws(HarnessError) -> Suite {
        try Self.load(self.name(otherwise: otherwise)).narrowed(
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
