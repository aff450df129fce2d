// A suite as people write it, in YAML: scenarios with grids. Every list of values multiplies the cases; see docs/scenarios.md.

import Measurement
import Workload
import Yams

package struct SuiteFile {
    /// More cases than anybody waits for; a grid grows faster than one thinks.
    static let caseLimit = 5000
    /// What may stand at the top of a suite.
    private static let names = ["name", "about", "seed", "keys", "targets", "load", "scenarios"]

    private let source: SuiteSource
    private let fields: SuiteFields
    /// Keys that servers are filled with, and that a load touches unless it says so.
    let keys: UInt64
    /// What scenarios with a load take unless they say otherwise.
    let load: SuiteFields?

    /// Reads a suite.
    /// - Parameter name: of the file, or of the suite, for errors.
    /// - Throws: `usage` with line, column and what may stand there.
    package static func read(_ text: String, name: String) throws(HarnessError) -> Suite {
        try SuiteFile(text, name: name).suite()
    }

    private init(_ text: String, name: String) throws(HarnessError) {
        self.source = SuiteSource(name: name)
        self.fields = try SuiteFields(try self.source.root(text), of: "a suite", allowed: Self.names, self.source)
        let count = SuiteReadings.count(SuiteReadings.keyCounts)
        self.keys = try self.fields.value("keys", count) ?? LoadCase.defaultKeys
        self.load =
            if let node = self.fields["load"] {
                try SuiteFields(node, of: "a load", allowed: SuiteScenario.loadNames, self.source)
            } else {
                nil
            }
    }

    private func suite() throws(HarnessError) -> Suite {
        var suite = Suite(name: try self.fields.value("name", SuiteReadings.text) ?? self.source.name)
        suite.about = try self.fields.value("about", SuiteReadings.text) ?? ""
        suite.seed = try self.fields.value("seed", SuiteReadings.count(0...UInt64(Int.max)))
        suite.keys = self.keys
        suite.targets = try self.fields.axis("targets", SuiteReadings.text) ?? []
        let scenarios = try self.fields.required("scenarios", of: "a suite")
        guard case .sequence(let nodes) = scenarios, !nodes.isEmpty else {
            throw self.source.error(at: scenarios, "scenarios are a list, and not an empty one: - scenario: fan-out …")
        }
        var places: [Plan.Work: Mark?] = [:]
        for node in nodes {
            for entry in try SuiteScenario(node, self, self.source).entries() {
                if let before = places[entry.work] {
                    let line = before.map { " in line \($0.line)" } ?? ""
                    throw self.source.error(
                        at: node,
                        "a case of this scenario is already listed\(line): \(entry.work.settings)"
                    )
                }
                places[entry.work] = .some(node.mark)
                suite.entries.append(entry)
            }
            guard suite.entries.count <= Self.caseLimit else {
                throw self.source.error(
                    at: node,
                    "with this scenario there are \(suite.entries.count) cases; \(Self.caseLimit) are the most"
                )
            }
        }
        return suite
    }
}

extension Plan.Work {
    /// `replicas=4 value_size=1024 …`.
    var settings: String {
        self.parameters(for: nil).map { "\($0.name)=\($0.value)" }.joined(separator: " ")
    }
}
