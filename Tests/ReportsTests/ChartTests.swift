import Measurement
import Testing

@testable import Reports

@Suite("Charts")
struct ChartTests {
    private func chart(_ name: String, of record: RunRecord = SampleRun.record()) throws -> Chart {
        try #require(ReportFiles(record).charts.first { $0.name == name })
    }

    @Test(
        "each chart has a legend entry and a block of data for every series",
        arguments: [
            (
                "memory-idle",
                [
                    "Sluice, shared: 4.00 KiB per replica", "Redis: 8.00 KiB per replica",
                    "Sluice, copy: 6.00 KiB per replica",
                ]
            ),
            ("memory-stalled", ["Sluice", "Redis", "what private copies would hold"]),
            ("cpu-per-delivery", ["Sluice", "Redis", "the machine''s ceiling"]),
            ("throughput", ["Sluice", "Redis"]),
            ("handshake-rate", ["Sluice 0.1.0", "Redis 7.0.15"]),
            ("handshake-latency", ["Sluice", "Redis"]),
            ("first-frame", ["Sluice, from disk, 9000 behind"]),
        ]
    )
    func series(name: String, labels: [String]) throws {
        let chart = try self.chart(name)
        let blocks = chart.data.split(separator: "\n").count { $0.hasPrefix("# place") }
        let panels = name == "throughput" ? 2 : 1
        #expect(blocks == labels.count * panels)
        for (index, label) in labels.enumerated() {
            #expect(chart.script.contains("title '\(label)'"))
            #expect(chart.data.contains("# \(label.replacing("''", with: "'"))\n"))
            #expect(chart.script.contains("'\(name).tsv' index \(index) "))
        }
        #expect(chart.script.contains("set output '\(name).svg'"))
    }

    @Test("idle memory is shown above the primary's own, with the fitted line")
    func idle() throws {
        let chart = try self.chart("memory-idle")
        #expect(chart.data.contains("8.0\t8\t32768.0\t32768.0\t32768.0\n16.0\t16\t65536.0"))
        #expect(chart.script.contains("4096.0 * x) / 1024.0"))
        #expect(chart.script.contains("'Added memory, KiB'"))
    }

    @Test("a total below the one without replicas is still in the picture")
    func negative() throws {
        var record = SampleRun.record()
        record.cases[1] = SampleRun.idle("bundled", replicas: 8, bytesEach: -100)
        let chart = try self.chart("memory-idle", of: record)
        #expect(chart.data.contains("8.0\t8\t-800.0\t"))
        #expect(chart.script.contains("set yrange [*<0:*]"))
    }

    @Test("points carry the range over trials")
    func ranges() throws {
        let chart = try self.chart("cpu-per-delivery")
        #expect(chart.data.contains("\t16\t0.25\t0.2475\t0.2525\n"))
        #expect(chart.script.contains("with vectors nohead"))
    }

    @Test("a ceiling measured at one number of sockets is drawn across all counts")
    func ceiling() throws {
        let chart = try self.chart("cpu-per-delivery")
        let block = try #require(
            chart.data.ranges(of: "# the machine's ceiling").last.map { chart.data[$0.upperBound...] }
        )
        #expect(block.contains("0.0\t4\t0.2\t") && block.contains("1.0\t16\t0.2\t"))
    }

    @Test("replica counts that double are equal steps apart, zero included")
    func steps() {
        let axis = HorizontalAxis.steps([0, 1, 4, 16])
        #expect(axis.place(16) == 3)
        #expect(axis.settings.first == "set xtics ('0' 0, '1' 1, '4' 2, '16' 3)")
    }

    @Test("no chart is made of nothing")
    func empty() {
        var record = SampleRun.record()
        record.cases.removeAll { $0.scenario == "fan-out" }
        #expect(ReportFiles(record).charts.map(\.name) == ["handshake-rate", "handshake-latency", "first-frame"])
        record.cases = []
        #expect(ReportFiles(record).charts == [])
    }

    @Test("text from a server stays text in a script: gnuplot would run what stands in backquotes")
    func hostileText() throws {
        #expect(Gnuplot.quoted("it's\n`reboot`") == "'it''s `reboot`'")
        #expect(Gnuplot.lines(["a\"`x`\\", "b"]) == "\"ax\\nb\"")
        var record = SampleRun.record()
        record.targets[1].product = "x'`touch owned`"
        for chart in ReportFiles(record).charts {
            for line in chart.script.split(separator: "\n") where line.contains("touch owned") {
                #expect(line.contains("''`touch"))
            }
        }
    }
}
