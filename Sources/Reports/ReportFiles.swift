// A run record as the files of its report. Pure: the same record gives the same files, today or from an old run.

package import Measurement

package struct ReportFiles: Sendable {
    package static let markdownName = "report.md"
    package static let resultsName = "results.json"
    package static let chartDirectory = "charts"

    package let validity: Validity
    /// The charts that the record has data for.
    package let charts: [Chart]
    /// As it was given, for results.json.
    private let original: RunRecord
    /// With its cases in the order of reading.
    private let record: RunRecord

    package init(_ original: RunRecord) {
        let names = TargetNames(original)
        var record = original
        record.cases = CaseOrder(names).sorted(original.cases)
        self.original = original
        self.record = record
        self.validity = Validity(of: record)
        self.charts = [
            Chart.idleMemory(record, names: names), Chart.stalledMemory(record, names: names),
            Chart.processorPerDelivery(record, names: names), Chart.throughput(record, names: names),
            Chart.handshakeRate(record, names: names), Chart.handshakeLatency(record, names: names),
            Chart.firstFrame(record, names: names),
            Chart.copyRate(record, names: names), Chart.copyResponse(record, names: names),
            Chart.lag(record, names: names),
        ].compactMap(\.self).filter { record.sweep == nil || $0.name.hasPrefix(SweepSection.chartPrefix) }
    }

    /// Every file but the images, by its path below the run's directory.
    ///
    /// - Parameter state: whether the images exist; the report says why when they do not.
    /// - Throws: `RunRecordError` when the record does not fit into JSON.
    package func contents(charts state: ChartState) throws(RunRecordError) -> [String: String] {
        var files = [
            "results.csv": CSV.text(self.record),
            Self.resultsName: String(decoding: try self.original.json(), as: UTF8.self),
            "environment.json": String(decoding: try self.record.environmentJSON(), as: UTF8.self),
            Self.markdownName: self.markdown(charts: state),
        ]
        for chart in self.charts {
            files["\(Self.chartDirectory)/\(chart.name).gp"] = chart.script
            files["\(Self.chartDirectory)/\(chart.name).tsv"] = chart.data
        }
        return files
    }

    package func markdown(charts state: ChartState) -> String {
        ReportPage(self.record, charts: self.charts, state: state, validity: self.validity).text
    }
}
