// A run record as the files of its report. Pure: the same record gives the same files, today or from an old run.

package import Measurement

package struct ReportFiles: Sendable {
    package static let markdownName = "report.md"
    package static let pageName = "report.html"
    package static let resultsName = "results.json"
    package static let chartDirectory = "charts"
    package static let histogramDirectory = HistogramFiles.directory

    package let validity: Validity
    /// The charts that the record has data for.
    package let charts: [Chart]
    private let histograms: HistogramFiles
    /// As it was given, for results.json.
    private let original: RunRecord
    /// With its cases in the order of reading.
    private let record: RunRecord

    package init(_ original: RunRecord) {
        let names = TargetNames(original)
        var record = original
        record.cases = CaseOrder(names).sorted(original.cases)
        self.original = original
        let histograms = HistogramFiles(record)
        record.notes += histograms.complaints
        self.record = record
        self.histograms = histograms
        self.validity = Validity(of: record)
        let charts =
            [
                Chart.idleMemory(record, names: names), Chart.stalledMemory(record, names: names),
                Chart.processorPerDelivery(record, names: names), Chart.throughput(record, names: names),
                Chart.handshakeRate(record, names: names), Chart.handshakeLatency(record, names: names),
                Chart.firstFrame(record, names: names),
                Chart.copyRate(record, names: names), Chart.copyResponse(record, names: names),
                Chart.lag(record, names: names),
                Chart.comparison(record),
            ].compactMap(\.self) + Chart.courses(record, of: LagSection.scenario, names: names)
            + Chart.courses(record, of: FaultsSection.scenario, names: names)
        // A sweep's own cases differ in knobs and not in what they measure: only its maps say anything.
        self.charts = record.sweep == nil ? charts : Chart.sweeps(record)
    }

    /// Every file by its path below the run's directory.
    ///
    /// - Throws: `RunRecordError` when the record does not fit into JSON.
    package func contents() throws(RunRecordError) -> [String: String] {
        var files = [
            "results.csv": CSV.text(self.record),
            Self.resultsName: String(decoding: try self.original.json(), as: UTF8.self),
            "environment.json": String(decoding: try self.record.environmentJSON(), as: UTF8.self),
            Self.markdownName: self.markdown,
        ]
        for chart in self.charts {
            files["\(Self.chartDirectory)/\(chart.name).svg"] = chart.svg
            files["\(Self.chartDirectory)/\(chart.name).tsv"] = chart.data
        }
        return files.merging(self.histograms.contents) { file, _ in file }
    }

    package var markdown: String {
        ReportPage(self.record, charts: self.charts, validity: self.validity).text
    }

    /// The same page with its charts inside: one file that needs nothing else.
    package var page: String {
        HTMLPage(markdown: self.markdown, charts: self.charts, title: self.record.name).text
    }
}
