import Measurement
import Testing

@testable import Reports

@Suite("Charts of courses, comparisons and sweeps")
struct TraceChartTests {
    static func course() -> RunRecord {
        var record = SampleRun.record(servers: ["bundled"])
        let points = (0..<100).map { step in
            let seconds = Double(step) / 50
            let late = (0.5..<1.2).contains(seconds) ? (1.2 - seconds) * 1_000_000 : 400 + Double(step % 7) * 60
            return SeriesRecord.Point(seconds: seconds, value: late)
        }
        let parameters = [
            Parameter("receiver", "live"), Parameter("write_rate", 50_000), Parameter("value_size", 100),
            Parameter("replicas", 2),
        ]
        var one = SampleRun.measured(
            "lag",
            "bundled",
            parameters,
            trials: [[Sample("lag", stat: "p50", 400, unit: "us", better: .lower)]]
        )
        let middle = points.map { SeriesRecord.Point(seconds: $0.seconds, value: $0.value / 2) }
        one.trials[0].series = [
            SeriesRecord(metric: "lag", stat: "p50", unit: "us", points: middle),
            SeriesRecord(metric: "lag", stat: "max", unit: "us", points: points),
        ]
        record.cases.append(one)
        record.timeline = [
            TimelineEvent(
                caseID: one.id,
                trial: 1,
                seconds: 0.5,
                endSeconds: 1,
                kind: "pause",
                text: "a replica was stopped for 0.5 s"
            ),
            TimelineEvent(caseID: one.id, trial: 1, seconds: 1.5, kind: "cut", text: "its connection was cut"),
        ]
        return record
    }

    @Test("lag over time shows its faults as numbered stretches, told below")
    func faults() throws {
        let chart = try #require(ReportFiles(Self.course()).charts.first { $0.name == "lag-course-1" })
        #expect(chart.svg.ranges(of: "class='band'").count == 2)
        #expect(chart.svg.contains(">1 a replica was stopped for 0.5 s</text>"))
        #expect(chart.svg.contains(">2 its connection was cut</text>"))
        #expect(chart.data.contains("0.5\t1.0\ta replica was stopped for 0.5 s"))
        #expect(ReportFiles(Self.course()).markdown.contains("(charts/lag-course-1.svg)"))
    }

    @Test("a run without courses has no such chart, and events of invalid trials are in none")
    func calm() {
        var record = Self.course()
        record.cases[record.cases.count - 1].trials[0].invalid = ["a connection was lost"]
        #expect(!ReportFiles(record).charts.contains { $0.name.hasPrefix("lag-course") })
        #expect(!ReportFiles(SampleRun.record()).charts.contains { $0.name.hasPrefix("lag-course") })
    }

    static func comparison() -> RunRecord {
        var record = SampleRun.record(servers: ["bundled"])
        var comparison = ComparisonRecord(
            kind: .paired,
            a: ComparedSide(label: "main", detail: "Sluice 0.1.0"),
            b: ComparedSide(label: "branch", detail: "Sluice 0.1.0")
        )
        let changes: [(String, Double, Double, FigureVerdict)] = [
            ("write_rate", 0.02, 0.03, .ok), ("primary_cpu_per_delivery", 0.22, 0.04, .regression),
            ("write_latency", -0.15, 0.03, .improvement), ("rss", 0.04, 0.2, .noisy),
        ]
        for (metric, change, half, verdict) in changes {
            var figure = ComparedFigure(
                caseID: "fan-out/replicas=4,value_size=1024",
                gate: GatedMetric(metric, .timing(margin: 0.03), stat: metric == "write_latency" ? "p99" : "value"),
                unit: "us",
                better: .lower,
                verdict: verdict
            )
            figure.change = change
            figure.low = change - half
            figure.high = change + half
            comparison.figures.append(figure)
        }
        record.comparison = comparison
        return record
    }

    @Test("the forest plot has what moved first, and its verdict beside each row")
    func forest() throws {
        let chart = try #require(ReportFiles(Self.comparison()).charts.first { $0.name == "comparison" })
        guard case .intervals(let plot) = chart.content else {
            Issue.record("the chart is no forest plot")
            return
        }
        #expect(plot.rows.map(\.ink) == [.bad, .good, .reference, .subject])
        #expect(plot.rows[0].text == "+22.0 % (+18.0…+26.0) regression")
        #expect(plot.rows[1].label.hasPrefix("write_latency p99, fan-out"))
        #expect(chart.svg.contains("regression</text>"))
    }

    static func sweep() -> RunRecord {
        var record = SampleRun.record(servers: ["bundled"])
        let rate = SweepMetric("write_rate", unit: "1/s", better: .higher)
        let knobs = [
            SweepKnob(name: "chunk-size", values: ["4kb", "16kb", "64kb", "256kb"]),
            SweepKnob(name: "backlog-size", values: ["1mb", "16mb", "256mb"]),
        ]
        var settings = [SweepSetting(knobs: [], figures: [self.figure(rate, 400_000)], standing: .undecided)]
        for (row, chunk) in knobs[0].values.enumerated() {
            for (column, backlog) in knobs[1].values.enumerated() {
                let value = 300_000 + Double(row * 50_000) - Double(column * 12_000)
                settings.append(
                    SweepSetting(
                        knobs: [Parameter("chunk-size", chunk), Parameter("backlog-size", backlog)],
                        figures: [self.figure(rate, value)],
                        standing: row == 3 ? (column == 0 ? .best : .asGood) : .worse
                    )
                )
            }
        }
        record.sweep = SweepRecord(
            scenario: "fan-out",
            target: "bundled",
            knobs: knobs,
            blocks: 6,
            metrics: [rate],
            cost: nil,
            margin: 0.03,
            level: 0.05,
            settings: settings,
            choice: SweepChoice(.better, setting: 10)
        )
        return record
    }

    private static func figure(_ metric: SweepMetric, _ value: Double) -> SweepFigure {
        guard let summary = Summary([value * 0.98, value, value * 1.02]) else { preconditionFailure("three values") }
        return SweepFigure(metric, summary)
    }

    @Test("the heat map has a cell for each setting, and frames those that are as good as the best")
    func heat() throws {
        let chart = try #require(ReportFiles(Self.sweep()).charts.first { $0.name == "sweep-write-rate" })
        guard case .heat(let map) = chart.content else {
            Issue.record("the chart is no heat map")
            return
        }
        #expect(map.cells.count == 12 && map.rows.count == 4 && map.columns == ["1mb", "16mb", "256mb"])
        #expect(map.cells.filter(\.isAsGood).count == 3)
        #expect(map.quality(map.cells[9]) == 1)
        #expect(chart.svg.contains(">450 k/s</text>"))
        #expect(chart.svg.ranges(of: "class='edge'").count == 3)
    }

    @Test("a single knob has one row, and cells that are all alike have one colour")
    func single() throws {
        var record = Self.sweep()
        let sweep = try #require(record.sweep)
        let values = ["1mb", "16mb", "256mb"]
        record.sweep?.knobs = [sweep.knobs[1]]
        record.sweep?.settings = values.map { value in
            SweepSetting(
                knobs: [Parameter("backlog-size", value)],
                figures: [Self.figure(sweep.metrics[0], 1000)],
                standing: .asGood
            )
        }
        let chart = try #require(ReportFiles(record).charts.first { $0.name == "sweep-write-rate" })
        guard case .heat(let map) = chart.content else {
            Issue.record("the chart is no heat map")
            return
        }
        #expect(map.rows == [""] && map.columns == values)
        #expect(map.cells.allSatisfy { map.quality($0) == 0.5 })
    }

    @Test("percentile curves come from histograms where every line has one")
    func percentiles() throws {
        var record = SampleRun.record()
        let layout = try #require(BucketLayout(lowest: 1, highest: 60_000_000_000, significantDigits: 3))
        let counts = try HistogramCounts(layout, buckets: (0..<400).map { .init(index: 2000 + 20 * $0, count: 500) })
        for place in record.cases.indices where record.cases[place].scenario == "handshake" {
            record.cases[place].trials[0].histograms = [
                HistogramRecord(metric: "handshake_latency", unit: "ns", counts: counts)
            ]
        }
        func panel(_ record: RunRecord) throws -> Panel? {
            let chart = try #require(ReportFiles(record).charts.first { $0.name == "handshake-latency" })
            if case .panels(let panels) = chart.content { return panels.first }
            return nil
        }
        let dense = try #require(try panel(record))
        #expect(dense.curves.count == 2 && dense.curves.allSatisfy { $0.isDense && $0.rows.count > 40 })
        #expect(dense.axis.ticks.map(\.label).contains("99.999 %"))
        let place = try #require(record.cases.firstIndex { $0.scenario == "handshake" && $0.target == "redis" })
        record.cases[place].trials[0].histograms = []
        let coarse = try #require(try panel(record))
        #expect(coarse.curves.allSatisfy { !$0.isDense && $0.rows.count == 5 })
        #expect(coarse.axis.ticks.last?.label == "slowest")
    }
}
