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
            ("cpu-per-delivery", ["Sluice", "Redis", "the machine's ceiling"]),
            ("throughput", ["Sluice", "Redis"]),
            ("handshake-rate", ["Sluice 0.1.0", "Redis 7.0.15"]),
            ("handshake-latency", ["Sluice", "Redis"]),
            ("first-frame", ["Sluice, from disk, 9 000 behind"]),
        ]
    )
    func series(name: String, labels: [String]) throws {
        let chart = try self.chart(name)
        let blocks = chart.data.split(separator: "\n").count { $0.hasPrefix("# x\t") || $0.hasPrefix("# case\t") }
        let panels = name == "throughput" ? 2 : 1
        #expect(blocks == labels.count * panels)
        for label in labels {
            #expect(chart.svg.contains(">\(Canvas.escaped(label))</text>"))
            #expect(chart.data.contains("# \(label)\n"))
        }
        for form in [Chart.Form.file, .wide, .narrow] {
            #expect(chart.svg(form).hasPrefix("<svg ") && chart.svg(form).hasSuffix("</svg>\n"))
        }
    }

    @Test("idle memory is shown above the primary's own, with the fitted line")
    func idle() throws {
        let chart = try self.chart("memory-idle")
        #expect(chart.data.contains("8.0\t32768.0\t32768.0\t32768.0\n16.0\t65536.0"))
        guard case .panels(let panels) = chart.content else {
            Issue.record("the chart has no panels")
            return
        }
        let fit = try #require(panels[0].curves[0].fit)
        #expect(fit.slope == 4096 && abs(fit.intercept) < 1e-6)
        #expect(chart.svg.contains(">Added memory, KiB</text>"))
    }

    @Test("a total below the one without replicas is still in the picture")
    func negative() throws {
        var record = SampleRun.record()
        record.cases[1] = SampleRun.idle("bundled", replicas: 8, bytesEach: -100)
        let chart = try self.chart("memory-idle", of: record)
        #expect(chart.data.contains("8.0\t-800.0\t"))
        let scale = Scale.linear([-800, 5000], quantity: Quantity(unit: "B")).scale
        #expect(scale.low <= -800 && scale.place(-800) >= 0 && scale.place(5000) <= 1)
    }

    @Test("points carry the range over trials")
    func ranges() throws {
        #expect(try self.chart("cpu-per-delivery").data.contains("\n16.0\t0.25\t0.2475\t0.2525\n"))
    }

    @Test("a ceiling measured at one number of sockets is drawn across all counts")
    func ceiling() throws {
        let chart = try self.chart("cpu-per-delivery")
        let block = try #require(
            chart.data.ranges(of: "# the machine's ceiling").last.map { chart.data[$0.upperBound...] }
        )
        #expect(block.contains("\n4.0\t0.2\t") && block.contains("\n16.0\t0.2\t"))
    }

    @Test("replica counts that double are equal steps apart, zero included")
    func steps() {
        let axis = HorizontalAxis.steps([0, 1, 4, 16])
        let places = [0.0, 1, 4, 16].map(axis.place)
        for (left, right) in zip(places, places.dropFirst()) { #expect(abs(right - left - 1 / 3.6) < 1e-12) }
        #expect(axis.ticks.map(\.label) == ["0", "1", "4", "16"])
    }

    @Test("no chart is made of nothing")
    func empty() {
        var record = SampleRun.record()
        record.cases.removeAll { $0.scenario == "fan-out" }
        #expect(ReportFiles(record).charts.map(\.name) == ["handshake-rate", "handshake-latency", "first-frame"])
        record.cases = []
        #expect(ReportFiles(record).charts == [])
    }

    @Test("text from a server stays text in an image")
    func hostileText() throws {
        #expect(Canvas.escaped("a<b>&\"'\n") == "a&lt;b&gt;&amp;&quot;&#39; ")
        var record = SampleRun.record()
        record.targets[1].product = "x'</text><script>alert(1)</script>"
        for chart in ReportFiles(record).charts {
            #expect(!chart.svg.contains("<script"))
        }
    }

    @Test("colours come from classes, with a look for dark screens, and nothing is loaded")
    func look() throws {
        let image = try self.chart("memory-idle").svg
        #expect(image.contains("@media (prefers-color-scheme:dark)"))
        #expect(!image.contains("href") && !image.contains("url(") && !image.contains(" fill='#"))
        #expect(try !self.chart("memory-idle").svg(.narrow).contains("<style>"))
    }
}

@Suite("Axes of charts")
struct ScaleTests {
    @Test("linear axes end at round numbers beyond the values, in one unit")
    func linear() {
        let (scale, unit) = Scale.linear([0, 2.09 * 1_073_741_824], quantity: Quantity(unit: "B"), fewest: 5)
        #expect(unit == "GiB")
        #expect(scale.ticks.map(\.label) == ["0.0", "0.5", "1.0", "1.5", "2.0", "2.5"])
        #expect(Scale.linear([1_500_000], quantity: Quantity(unit: "1/s")).unit == "M/s")
        #expect(Scale.linear([100], quantity: Quantity(unit: "1/s")).unit == "1/s")
        #expect(Scale.linear([], quantity: Quantity(unit: "B")).scale.ticks.count >= 2)
    }

    @Test("logarithmic axes carry units, and show nothing when nothing is above zero")
    func logarithmic() throws {
        let scale = try #require(Scale.logarithmic([80, 200_000], quantity: Quantity(unit: "us")))
        #expect(scale.ticks.map(\.label) == ["100 µs", "1 ms", "10 ms", "100 ms"])
        #expect(scale.low == 50 && scale.high == 200_000)
        #expect(abs(scale.place(3162.28) - 0.5) < 0.01)
        #expect(Scale.logarithmic([0, -1], quantity: Quantity(unit: "us")) == nil)
    }

    @Test("values of any size have a place")
    func absurd() {
        for values in [[1e308, -1e308], [0, 0], [1e-300], [1e300]] {
            let scale = Scale.linear(values, quantity: Quantity(unit: "us")).scale
            #expect(scale.ticks.count < 50)
            for value in values { #expect(scale.place(value).isFinite) }
        }
        #expect(
            Scale.logarithmic([1e-300, 1e300], quantity: Quantity(unit: "us")).map { $0.ticks.count < 50 } ?? false
        )
    }

    @Test("text is broken between words where its line ends")
    func lines() {
        #expect(TextWidth.lines("one two three", size: 10, width: 45) == ["one two", "three"])
        #expect(TextWidth.lines("immeasurable", size: 10, width: 10) == ["immeasurable"])
    }
}
