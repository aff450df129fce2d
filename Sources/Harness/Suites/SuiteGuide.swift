// Answers to "what would this run do?", as text for a terminal.

import Measurement
import Primitives

package struct SuiteGuide {
    private let suites: [Suite]

    /// More cases than these are counted instead of listed.
    private static let mostListed = 12

    package init(_ suites: [Suite]) { self.suites = suites }

    /// Every suite with its cases, trials and time.
    package var overview: String {
        let names = self.suites.map(\.name.count).max() ?? 0
        return self.suites.map { suite in
            let name = Self.padded(suite.name, names)
            return "\(name)  \(Self.measure(suite))\n\(Self.padded("", names))  \(suite.about)\n"
        }
        .joined()
    }

    /// Every case of the suites, in the order of their files.
    package var listing: String {
        self.suites.map { suite in
            let cases = suite.entries.map { entry in
                "  \(entry.trials) × \(Self.seconds(entry.work.seconds))  \(entry.work.title)"
                    + (entry.products.map { " (\($0.map(\.rawValue).sorted().joined(separator: ", ")) only)" } ?? "")
            }
            return "\(suite.name): \(Self.measure(suite))\n\(suite.about)\n" + cases.joined(separator: "\n") + "\n"
        }
        .joined(separator: "\n")
    }

    /// What the cases do whose title has all of these words: `fan-out replicas=16`.
    /// - Throws: `usage` when no case has.
    package func explanation(of words: String) throws(HarnessError) -> String {
        let wanted = words.split { $0 == " " || $0 == "," || $0 == "/" }.map(String.init)
        for suite in self.suites {
            let found = suite.entries.filter { entry in
                let title = entry.work.title.split(separator: " ").map(String.init)
                return wanted.allSatisfy { word in
                    title.contains { $0 == word || (!word.contains("=") && $0.hasPrefix(word)) }
                }
            }
            if !found.isEmpty { return Self.explain(found, of: suite) }
        }
        throw HarnessError(
            .usage,
            "no case has all of '\(words)'; name a scenario and settings as --list shows them: fan-out replicas=16"
        )
    }

    private static func explain(_ entries: [Suite.Entry], of suite: Suite) -> String {
        var accounts: [String] = []
        var parameters: [String] = []
        var metrics: [String] = []
        for entry in entries {
            let account = "\(entry.work.scenario): \(ScenarioGuide.account(entry.work))"
            if !accounts.contains(account) { accounts.append(account) }
            for name in entry.work.parameters(for: .bundled).map(\.name) where !parameters.contains(name) {
                parameters.append(name)
            }
            for name in entry.work.expectedMetrics(from: .bundled) where !metrics.contains(name) {
                metrics.append(name)
            }
        }
        let listed = entries.prefix(self.mostListed).map { entry in
            "  \(entry.trials) trials of about \(self.seconds(entry.work.seconds))  \(entry.work.settings)"
        }
        let rest = entries.count - listed.count
        let sections = [
            accounts.joined(separator: "\n\n"),
            "Cases of the suite \(suite.name), on each target:\n" + listed.joined(separator: "\n")
                + (rest > 0 ? "\n  and \(rest) more" : ""),
            "Parameters:\n" + self.table(parameters) { ScenarioGuide.parameters[$0] },
            "Metrics (docs/metrics.md has them in full):\n" + self.table(metrics) { MetricCatalog.definitions[$0] },
        ]
        return sections.joined(separator: "\n\n") + "\n"
    }

    private static func table(_ names: [String], _ meaning: (String) -> String?) -> String {
        let width = names.map(\.count).max() ?? 0
        return names.map { "  \(self.padded($0, width))  \(meaning($0) ?? "")" }.joined(separator: "\n")
    }

    private static func measure(_ suite: Suite) -> String {
        var generator = SeededGenerator(seed: 1)
        let steps = Plan(suite, targets: [.bundled], &generator).steps
        let time = self.seconds(steps.reduce(0) { $0 + $1.seconds })
        return "\(suite.entries.count) cases, \(steps.count) trials and about \(time) for one target"
    }

    private static func seconds(_ seconds: Double) -> String {
        if seconds >= 90 { return "\(Int((seconds / 60).rounded(.up))) min" }
        return seconds >= 10 ? "\(Int(seconds.rounded())) s" : "\((seconds * 10).rounded() / 10) s"
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}

extension Plan.Work {
    /// `fan-out replicas=4 value_size=1024 …`.
    var title: String { "\(self.scenario) \(self.settings)" }
}
