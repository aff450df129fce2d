import Measurement
import Testing

@testable import Reports

@Suite("Resuming replicas in reports")
struct ResumeReportTests {
    private func verdict(_ record: RunRecord) -> String {
        Verdict(record, names: TargetNames(record), validity: Validity(of: record)).text
    }

    private var resumes: RunRecord {
        var record = SampleRun.record()
        record.cases.removeAll { $0.scenario != "resume" }
        return record
    }

    @Test("the growth is the ratio of medians of the longest to the shortest log")
    func growth() throws {
        let all = ResumeGrowth.all(in: SampleRun.record())
        let own = try #require(all.first)
        #expect(all.count == 1)
        #expect(own.shortest.records == 10_000 && own.longest.records == 1_000_000)
        #expect(abs(own.ratio - 1.1) < 1e-9)
        let page = ReportFiles(self.resumes).markdown
        #expect(page.contains("| Sluice | 10000 | 200 µs | 1000000 | 220 µs | **1.10×** |"))
    }

    @Test("a log of one length grows nowhere, and neither does a time of zero")
    func noGrowth() throws {
        var record = self.resumes
        record.cases.removeAll { $0.number("log_records") == 10_000 }
        #expect(ResumeGrowth.all(in: record).isEmpty)
        #expect(self.verdict(record).contains("with 1 000 000 records in the log; Redis answers"))
        var zero = self.resumes
        for place in zero.cases.indices where !zero.cases[place].trials[0].samples.isEmpty {
            zero.cases[place].trials[0].samples[0].value = 0
        }
        #expect(ResumeGrowth.all(in: zero).isEmpty)
    }

    @Test("the sentence prefers the disk, names the growth, and tells what others do instead")
    func sentence() {
        #expect(
            self.verdict(self.resumes) == """
                - A replica that comes back 9 000 mutations behind has its first frame from disk after **220 µs** with \
                1 000 000 records in the log, 1.10× the time with 10 000; Redis answers 100 % of such replicas with a \
                full resync.
                """
        )
    }

    @Test("a cold cache has its own line in the chart and is not what the sentence is about")
    func cold() throws {
        var record = self.resumes
        for records in [10_000, 1_000_000] {
            var cold = SampleRun.resume("bundled", records: records, cache: "cold")
            cold.trials[0].samples[0].value = 5000
            record.cases.append(cold)
        }
        #expect(self.verdict(record).contains("**220 µs**"))
        let chart = try #require(ReportFiles(record).charts.first { $0.name == "first-frame" })
        #expect(chart.svg.contains(">Sluice, from disk, 9 000 behind, cold cache</text>"))
        #expect(chart.data.contains("1000000.0\t5000.0"))
    }

    @Test("of several distances the chart shows the one over the most lengths")
    func courses() throws {
        var record = self.resumes
        var far = SampleRun.resume("bundled", records: 1_000_000)
        far.parameters[2] = Parameter("distance", 100_000)
        far.id += ",far"
        record.cases.append(far)
        let chart = try #require(ReportFiles(record).charts.first { $0.name == "first-frame" })
        #expect(chart.data.split(separator: "\n").count { $0.hasPrefix("# x") } == 1)
    }

    @Test("long numbers are read in groups of three digits")
    func grouped() {
        #expect([7, 100, 1000, 12_345_678].map(ResumeSentence.grouped) == ["7", "100", "1 000", "12 345 678"])
    }
}
