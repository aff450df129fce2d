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

    @Option(
        help: "Explain the cases with these words and settings, such as 'fan-out replicas=16', and measure nothing.",
    )
    var explain: String?

    /// The suite that is no list of cases, but minutes of one.
    static let soak = "soak"

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
        guard self.name != Self.soak else { return }
        do {
            let suite = try self.narrowed()
            if let answer = try self.answer(suite) { throw CleanExit.message(answer) }
            guard !suite.entries.isEmpty else {
                throw ValidationError("No case of the suite \(suite.name) is left with these --replicas and --value-size.")
            }
        } catch let error as HarnessError {
            throw ValidationError(error.message)
        }
    }

    /// What is to be measured.
    func narrowed() throws(HarnessError) -> Suite {
        try Self.load(self.name).narrowed(
            replicas: self.replicas.isEmpty ? nil : self.replicas,
            valueSize: self.valueSize,
            trials: self.trials
        )
    }

    /// What is told instead of measuring; nil when the user wants a measurement.
    private func answer(_ suite: Suite) throws(HarnessError) -> String? {
        if let explain {
            return try SuiteGuide(self.suite == nil ? try Self.builtIn() : [suite]).explanation(of: explain)
        }
        guard self.list else { return nil }
        return self.suite == nil ? SuiteGuide(try Self.builtIn()).overview : SuiteGuide([suite]).listing
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
