// report.md, the page that people read: the verdict, then the evidence, then what is needed to doubt or repeat it.

internal import Measurement

struct ReportPage {
    private let record: RunRecord
    private let charts: [Chart]
    private let validity: Validity
    private let names: TargetNames

    init(_ record: RunRecord, charts: [Chart], validity: Validity) {
        self.record = record
        self.charts = charts
        self.validity = validity
        self.names = TargetNames(record)
    }

    var text: String {
        let title = "# Replication report: \(Markdown.escaped(self.record.name))"
        let verdict = Verdict(self.record, names: self.names, validity: self.validity).text
        let parts = self.record.sweep.map { SweepSection($0).parts } ?? self.scenarioParts
        let blocks =
            [title, verdict] + self.comparison + [self.summary] + parts.compactMap(self.block)
            + [self.notes, self.configuration, self.environment, self.repetition, self.files]
        return blocks.joined(separator: "\n\n") + "\n"
    }

    private var scenarioParts: [ReportPart] {
        [ReportPart("Changes at a glance", charts: ["comparison"], texts: [])]
            + FanOutSection(self.record, names: self.names).parts
            + HandshakeSection.parts(self.record, names: self.names)
            + ResumeSection.parts(self.record, names: self.names)
            + SnapshotSection.parts(self.record, names: self.names)
            + LagSection.parts(self.record, names: self.names)
            + FindMaxSection.parts(self.record, names: self.names)
            + FaultsSection.parts(self.record, names: self.names)
            + FailoverSection.parts(self.record, names: self.names)
            + CatchUpSection.parts(self.record, names: self.names)
            + CeilingSection.parts(self.record, names: self.names) + PlainSection.parts(self.record, names: self.names)
    }

    /// What two sides came to, where there are two.
    private var comparison: [String] {
        guard let comparison = self.record.comparison else { return [] }
        let title = "## \(Markdown.escaped(comparison.b.label)) against \(Markdown.escaped(comparison.a.label))"
        return [title, ComparisonPage(comparison).body(isFolded: false)]
    }

    /// What the figures are: one small paragraph between the verdict and the evidence.
    private var summary: String {
        let trials = self.record.cases.reduce(0) { $0 + $1.trials.count }
        let servers = self.names.servers.map { Markdown.escaped(self.names.full($0)) }.joined(separator: " beside ")
        let counts = "\(self.record.cases.count) cases, \(trials) trials in \(Self.duration(self.record.seconds))"
        return
            "\(servers.isEmpty ? "No server" : servers) · suite \(Markdown.escaped(self.record.suite)) · \(counts) · "
            + "\(Markdown.escaped(self.record.startedAt)) · seed \(self.record.seed)  \n"
            + "Figures are medians over valid trials with their range in brackets; ~ marks a noisy timing. "
            + "Definitions: docs/metrics.md."
    }

    private func block(_ part: ReportPart) -> String? {
        let charts = part.charts.compactMap { name in self.charts.first { $0.name == name } }
        guard !part.texts.isEmpty || !charts.isEmpty else { return nil }
        let images = charts.map { chart in
            "![\(chart.title)](\(ReportFiles.chartDirectory)/\(chart.name).svg)\n\n\(chart.reading)"
        }
        return (["## \(part.title)"] + images + part.texts).joined(separator: "\n\n")
    }

    private var notes: String {
        let lines = Notes(self.record, names: self.names).lines
        return (["## Notes", lines.isEmpty ? "None." : lines.map { "- \($0)" }.joined(separator: "\n")])
            .joined(separator: "\n\n")
    }

    private var environment: String {
        let texts = self.record.environment.filter { !$0.facts.isEmpty }.map { Self.facts($0.title, $0.facts) }
        return (["## Environment"] + (texts.isEmpty ? ["Not recorded."] : texts)).joined(separator: "\n\n")
    }

    private var configuration: String {
        let texts = self.record.targets.map { target in
            let title = "\(target.id): \(target.product)"
            guard !target.configuration.isEmpty else { return "\(Markdown.escaped(title)): not recorded." }
            return Self.facts(title, target.configuration)
        }
        let text = texts.isEmpty ? ["No server was measured."] : texts
        return (["## Configuration of each target", "Settings in force, as each server tells them itself."] + text)
            .joined(separator: "\n\n")
    }

    private static func facts(_ title: String, _ facts: [Parameter]) -> String {
        var table = MarkdownTable([(Markdown.escaped(title), .left), ("", .left)])
        for fact in facts { table.append([Markdown.escaped(fact.name), Markdown.escaped(ParameterText.fact(fact))]) }
        return table.text
    }

    private var repetition: String {
        "## Repeat it\n\n\(Markdown.codeBlock(self.record.command))"
    }

    private var files: String {
        "## Raw files\n\n[results.csv](results.csv) one row per sample · [results.json](results.json) everything, for "
            + "`sluice report` · [environment.json](environment.json)"
            + (self.charts.isEmpty ? "" : " · \(ReportFiles.chartDirectory)/ the charts and their data as text")
            + (self.hasHistograms
                ? " · \(HistogramFiles.directory)/ every duration as .hgrm and .hlog, for any HdrHistogram tool" : "")
    }

    private var hasHistograms: Bool {
        self.record.cases.contains { one in one.trials.contains { !$0.histograms.isEmpty } }
    }

    private static func duration(_ seconds: Double) -> String {
        guard seconds >= 60 else { return Quantity(unit: "s").text(max(seconds, 0)) }
        guard seconds < 1e9 else { return "\(seconds) s" }
        let whole = Int(seconds.rounded())
        return "\(whole / 60) min \(whole % 60) s"
    }
}
