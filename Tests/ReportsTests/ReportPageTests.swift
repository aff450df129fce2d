import Measurement
import Testing

@testable import Reports

@Suite("report.md")
struct ReportPageTests {
    private func page(_ record: RunRecord) -> String {
        ReportFiles(record).markdown
    }

    @Test("the verdict comes before every table, chart and note")
    func order() throws {
        let page = self.page(SampleRun.record())
        let headings = page.split(separator: "\n").filter { $0.hasPrefix("#") }
        #expect(
            headings == [
                "# Replication report: sample", "## Memory of idle replicas", "## Memory held for stalled replicas",
                "## Delivery to replicas", "## Clients while replicas read, closed loop", "## Handshakes",
                "## Storm: all replicas at once", "## Returning replicas", "## The machine's ceiling", "## Notes",
                "## Configuration of each target", "## Environment",
                "## Repeat it", "## Raw files",
            ]
        )
        let verdict = try #require(page.ranges(of: "A replica that has just come costs this engine").first)
        let table = try #require(page.ranges(of: "| :--").first)
        #expect(verdict.lowerBound < table.lowerBound)
    }

    @Test("an invalid run says so right below the title")
    func invalid() {
        var record = SampleRun.record()
        record.invalid = ["verification failed"]
        #expect(self.page(record).hasPrefix("# Replication report: sample\n\n**INVALID"))
    }

    @Test("bytes per replica stand with error, residual, R² and range")
    func cost() {
        let page = self.page(SampleRun.record())
        #expect(page.contains("| Sluice, shared | **4.00 KiB** | 0 B | 0 B | 1.0000 | 0…16 | 3 |"))
        #expect(page.contains("| Redis | **8.00 KiB** |"))
    }

    @Test("slopes compare over the counts that all servers reached, and the longer course has its own line")
    func extended() {
        var record = SampleRun.record()
        record.cases.append(SampleRun.idle("bundled", replicas: 1000, bytesEach: 5 * SampleRun.kibibyte))
        let page = self.page(record)
        #expect(page.contains("| Sluice, shared | **4.00 KiB** | 0 B | 0 B | 1.0000 | 0…16 | 3 |"))
        #expect(page.contains("| 0…1000 | 4 |"))
    }

    @Test("a figure carries its range over trials, and the share of the ceiling its factor")
    func ranges() {
        let page = self.page(SampleRun.record())
        #expect(page.contains("| 0.250 µs (0.248…0.253) | 1.25× |"))
        #expect(page.contains("100 k/s (99…101)"))
    }

    @Test("what a target cannot give is a dash with the reason below the table and in the notes, never a zero")
    func unsupported() {
        let page = self.page(SampleRun.record())
        #expect(page.contains("| Redis | 70.0 MiB | –<sup>1</sup> | 2.00 GiB | –<sup>1</sup> |"))
        #expect(page.contains("<sup>1</sup> not supported by target: no such field"))
        #expect(page.contains("- Not supported by Redis: no such field (bytes_alive_in_chunks, sharing_ratio)"))
    }

    @Test("a timing that varies over trials is marked noisy in its cell, in sentences and in the notes")
    func noisy() throws {
        var record = SampleRun.record()
        let place = try #require(
            record.cases.firstIndex { $0.number("replicas") == 16 && $0.parameter("behaviour") == "fast" }
        )
        for (trial, rate) in [80_000.0, 100_000, 130_000].enumerated() {
            record.cases[place].trials[trial].samples[0] = Sample("write_rate", rate, unit: "1/s", better: .higher)
        }
        let page = self.page(record)
        #expect(page.contains("100 k/s (80…130) ~"))
        #expect(page.contains("Clients get **100 k/s (noisy)**"))
        #expect(page.contains("write_rate (1 of 4 cases)"))
    }

    @Test("memory is never called noisy")
    func memoryIsNotTiming() throws {
        let summary = try #require(Summary([1.0, 2, 3]))
        #expect(!Measured(summary: summary, unit: "B").isNoisy)
        #expect(Measured(summary: summary, unit: "us").isNoisy)
    }

    @Test("charts stand above the tables of their section, with a sentence on how to read them")
    func charts() throws {
        let page = self.page(SampleRun.record())
        #expect(page.contains("![Handshakes per second](charts/handshake-rate.svg)\n\nLonger is better"))
    }

    @Test("each target's settings in force stand in a table of their own")
    func configuration() {
        var record = SampleRun.record()
        record.targets[1].configuration = [Parameter("repl-diskless-sync", "yes")]
        let page = self.page(record)
        #expect(page.contains("## Configuration of each target\n"))
        #expect(page.contains("| redis: Redis 7.0.15 |  |\n| :-- | :-- |\n| repl-diskless-sync | yes |"))
        #expect(page.contains("bundled: Sluice 0.1.0: not recorded."))
    }

    @Test("a duration that a probe cannot tell from zero is below its resolution, and no zero")
    func belowResolution() throws {
        let zero = try #require(Summary([0, 0, 40]))
        #expect(Measured(summary: zero, unit: "us").text == "< 1.00 µs (…40.0 µs)")
        #expect(Measured(summary: zero, unit: "us", resolution: 250).text == "< 250 µs")
        #expect(Measured(summary: zero, unit: "us", resolution: 250).sentenceText == "< 250 µs")
        let some = try #require(Summary([0, 400, 500]))
        #expect(Measured(summary: some, unit: "us", resolution: 250).text == "400 µs (250…500) ~")
        #expect(Measured(summary: zero, unit: "B").text == "0 B (0…40)")
    }

    @Test("notes of the harness and the command to repeat are shown")
    func notes() {
        var record = SampleRun.record()
        record.notes = ["redis-server is not installed, the target redis was skipped"]
        let page = self.page(record)
        #expect(page.contains("- redis-server is not installed, the target redis was skipped"))
        #expect(page.contains("\n    sluice bench --suite quick --seed 7\n"))
    }

    @Test("text from a server cannot break out of its cell")
    func hostileText() {
        var record = SampleRun.record()
        record.targets[1].product = "Re|dis\n\n<script> `x`"
        let page = self.page(record)
        #expect(!page.contains("<script>"))
        #expect(!page.contains("Re|dis"))
        #expect(page.contains("Re\\|dis"))
    }

    @Test("a scenario without a page of its own is shown in full")
    func unknownScenario() {
        var record = SampleRun.record()
        record.cases.append(
            SampleRun.measured(
                "moonwalk",
                "bundled",
                [Parameter("nodes", 3)],
                expecting: ["writes_lost"],
                trials: [[Sample("time_to_leader", 0.25, unit: "s", better: .lower)]]
            )
        )
        let page = self.page(record)
        #expect(page.contains("## moonwalk"))
        #expect(page.contains("| nodes 3 | Sluice | time_to_leader | 250 ms |"))
        #expect(page.contains("| nodes 3 | Sluice | writes_lost | –<sup>1</sup> |"))
    }

    @Test("an empty record gives a page and not a crash, and nothing in any page is NaN or infinite")
    func degenerate() {
        let empty = RunRecord(name: "", suite: "", command: "", startedAt: "", seed: 0)
        var zeroes = SampleRun.record()
        for place in zeroes.cases.indices {
            for trial in zeroes.cases[place].trials.indices {
                for sample in zeroes.cases[place].trials[trial].samples.indices {
                    zeroes.cases[place].trials[trial].samples[sample].value = 0
                }
            }
        }
        var untried = SampleRun.record()
        for place in untried.cases.indices { untried.cases[place].trials = [] }
        for record in [empty, zeroes, untried] {
            let files = ReportFiles(record)
            let texts = [files.markdown, files.page] + files.charts.flatMap { [$0.svg, $0.data] }
            for text in texts {
                #expect(!text.lowercased().contains("nan"))
                #expect(!text.lowercased().contains("inf)"))
                #expect(!text.contains(" inf"))
            }
        }
    }

    @Test("absurd values from a damaged file give a page and not a crash")
    func absurd() {
        var record = SampleRun.record()
        record.seconds = 1e300
        for place in record.cases.indices {
            let huge = place.isMultiple(of: 2) ? "9223372036854775807" : "-9223372036854775808"
            for name in ["replicas", "concurrency", "sockets", "value_size"] {
                record.cases[place].parameters.removeAll { $0.name == name }
                record.cases[place].parameters.append(Parameter(name, huge))
            }
            for trial in record.cases[place].trials.indices {
                for sample in record.cases[place].trials[trial].samples.indices {
                    record.cases[place].trials[trial].samples[sample].value = trial == 0 ? 1e308 : -1e308
                }
            }
        }
        #expect(self.page(record).hasPrefix("# Replication report"))
        #expect(ReportFiles(record).page.contains("</html>"))
    }

    @Test("the order of a shuffled record does not show")
    func shuffled() throws {
        var reversed = SampleRun.record()
        reversed.cases.reverse()
        #expect(self.page(reversed) == self.page(SampleRun.record()))
        let files = (ReportFiles(reversed), ReportFiles(SampleRun.record()))
        #expect(files.0.charts == files.1.charts)
    }
}
