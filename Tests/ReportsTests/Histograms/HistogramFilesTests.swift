import Foundation
import Histogram
import Measurement
import Testing

@testable import Reports

@Suite("Histogram files")
struct HistogramFilesTests {
    /// A hundred thousand durations over six powers of ten, so that each usual percentile is a whole count.
    private static func values(_ trial: Int) -> [UInt64] {
        (0..<50_000 as Range<UInt64>).map { place in
            let tail: UInt64 = place % 1000 == 0 ? 50_000_000 : 0
            return 20_000 + (place * 7919 + UInt64(trial)) % 180_000 + (place % 37) * (place % 41) * 40 + tail
        }
    }

    private static func histogram(_ values: [UInt64]) throws -> HistogramCounts {
        var histogram = Histogram<UInt64>(highestTrackableValue: 60_000_000_000, numberOfSignificantValueDigits: .three)
        for value in values { histogram.record(value) }
        return try #require(HistogramCounts(histogram))
    }

    private static func record() throws -> RunRecord {
        var record = SampleRun.record(servers: ["bundled"])
        let place = try #require(record.cases.firstIndex { $0.scenario == "handshake" })
        record.cases[place].trials = try [1, 2].map { number in
            let counts = try self.histogram(self.values(number))
            var trial = record.cases[place].trials[0]
            trial.trial = number
            trial.beganSeconds = 10 * Double(number)
            trial.phases = [PhaseTime(name: "warm-up", seconds: 1), PhaseTime(name: "measure", seconds: 2)]
            trial.histograms = [HistogramRecord(metric: "handshake_latency", unit: "ns", counts: counts)]
            return trial
        }
        return record
    }

    private static func file(_ suffix: String, of record: RunRecord) throws -> (name: String, text: String) {
        let files = try ReportFiles(record).contents()
        let entry = try #require(files.first { $0.key.hasPrefix("histograms/") && $0.key.hasSuffix(suffix) })
        return (entry.key, entry.value)
    }

    @Test("a case has percentile text and a log with an interval for each trial")
    func files() throws {
        let (name, log) = try Self.file(".hlog", of: Self.record())
        #expect(name.wholeMatch(of: /histograms\/handshake-\d{3}-bundled-handshake_latency\.hlog/) != nil)
        let lines = log.split(separator: "\n")
        #expect(lines.contains("#[StartTime: 1767323045.000 (seconds since epoch), 2026-01-02T03:04:05Z]"))
        #expect(lines.count { $0.wholeMatch(of: /[\d.]+,2\.000,[\d.]+,HISTF.*/) != nil } == 2)
        #expect(lines.contains { $0.hasPrefix("11.000,2.000,") } && lines.contains { $0.hasPrefix("21.000,2.000,") })
        let text = try Self.file(".hgrm", of: Self.record()).text
        #expect(text.contains("Total count    =       100000]"))
    }

    @Test("an invalid trial is in neither file, and the log says so")
    func invalidTrial() throws {
        var record = try Self.record()
        let place = try #require(record.cases.firstIndex { $0.scenario == "handshake" })
        record.cases[place].trials[0].invalid = ["a connection was lost"]
        let log = try Self.file(".hlog", of: record).text
        #expect(log.contains("#left out, because they are invalid: trials 1\n"))
        #expect(log.split(separator: "\n").count { $0.contains("HISTF") } == 1)
        #expect(try Self.file(".hgrm", of: record).text.contains("Total count    =        50000]"))
    }

    @Test("a damaged histogram is left out with a note, and the rest of the report stands")
    func damaged() throws {
        var record = try Self.record()
        let place = try #require(record.cases.firstIndex { $0.scenario == "handshake" })
        record.cases[place].trials[0].histograms[0].payload = "HISTFAAA"
        let page = ReportFiles(record).markdown
        #expect(page.contains("The histograms of handshake_latency in handshake/bundled/"))
        #expect(try !ReportFiles(record).contents().keys.contains { $0.hasPrefix("histograms/") })
    }

    @Test("no id of a case leads out of the directory")
    func hostileNames() throws {
        var record = try Self.record()
        let place = try #require(record.cases.firstIndex { $0.scenario == "handshake" })
        record.cases[place].target = "../../etc"
        record.cases[place].scenario = "a/b\0"
        let (name, _) = try Self.file(".hlog", of: record)
        #expect(name.wholeMatch(of: /histograms\/[A-Za-z0-9_.-]+/) != nil)
        #expect(name.split(separator: "/").count == 2)
    }

    @Test(
        "another implementation of HdrHistogram reads the same counts and percentiles",
        .enabled(if: PythonHistogram.python != nil, "needs python3 with venv, and PyPI's hdrhistogram by pip")
    )
    func readBack() throws {
        let python = try #require(PythonHistogram.python)
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("hdr-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let record = try Self.record()
        try Self.script.write(toFile: "\(folder)/read.py", atomically: true, encoding: .utf8)
        try Self.file(".hlog", of: record).text.write(toFile: "\(folder)/a.hlog", atomically: true, encoding: .utf8)
        try Self.file(".hgrm", of: record).text.write(toFile: "\(folder)/a.hgrm", atomically: true, encoding: .utf8)
        let arguments = ["read.py", "a.hlog", "a.hgrm"].map { "\(folder)/\($0)" }
        let output = try #require(PythonHistogram.run(python, arguments))
        let read = try JSONDecoder().decode(Reading.self, from: output)

        var merged = try Self.histogram(Self.values(1))
        for (trial, interval) in zip([1, 2], read.intervals) {
            let counts = try Self.histogram(Self.values(trial))
            #expect(interval == counts.buckets.map { [UInt64($0.index), $0.count] })
        }
        try merged.merge(Self.histogram(Self.values(2)))
        #expect(read.intervals.count == 2)
        #expect(read.total == merged.total)
        for (percentile, value) in zip([50, 90, 99, 99.9, 99.99, 100], read.percentiles) {
            #expect(merged.value(atPercentile: percentile) == value, "p\(percentile)")
        }
        #expect(read.rows > 40)
        #expect(read.wrongRows == [])
    }

    private struct Reading: Decodable {
        /// Index and count of every bucket that holds anything, by interval.
        var intervals: [[[UInt64]]]
        var total: UInt64
        var percentiles: [UInt64]
        /// How many rows the percentile text has, and those that do not say what the histogram says.
        var rows: Int
        var wrongRows: [String]
    }

    private static let script = """
        import json, sys
        from hdrh.histogram import HdrHistogram
        from hdrh.log import HistogramLogReader

        both = HdrHistogram(1, 60000000000, 3)
        reader = HistogramLogReader(sys.argv[1], both)
        intervals = []
        while True:
            one = reader.get_next_interval_histogram()
            if one is None:
                break
            counts = [(index, one.get_count_at_index(index)) for index in range(one.counts_len)]
            intervals.append([[index, count] for index, count in counts if count])
            both.add(one)
        def row(share):
            # What stands in the row of a percentile: the first value that so many are at or below, and their number.
            count = 0
            for index in range(both.counts_len):
                count += both.get_count_at_index(index)
                if both.get_count_at_index(index) and count / both.get_total_count() >= share - 1e-12:
                    return both.get_highest_equivalent_value(both.get_value_from_index(index)), count

        rows = [line for line in open(sys.argv[2]) if line.strip() and line[0] != "#" and "Value" not in line]
        wrong = []
        for line in rows:
            fields = line.split()
            value = round(float(fields[0]) * 1000)
            if row(float(fields[1])) != (value, int(fields[2])):
                wrong.append(line)
        print(json.dumps({
            "intervals": intervals,
            "total": both.get_total_count(),
            "percentiles": [both.get_value_at_percentile(p) for p in (50, 90, 99, 99.9, 99.99, 100)],
            "rows": len(rows),
            "wrongRows": wrong,
        }))
        """
}
