// Bytes per replica: the slope of the primary's allocated bytes over the number of idle replicas, never one total divided
// by a count, which would charge the server's own memory to its replicas.

internal import Measurement

struct ReplicaCost {
    let series: Series
    /// Over every valid trial, so that the residual shows the noise of trials as well as any bend; or why there is none.
    let fit: LineFit?

    static let metric = "allocator_allocated"

    /// One cost per series over the replica counts that all servers reached, so that slopes compare.
    static func comparable(in record: RunRecord) -> [ReplicaCost] {
        let series = self.series(in: record)
        return series.map { ReplicaCost($0.upTo(self.commonLimit($0, among: series))) }
    }

    /// The costs of the series that went on beyond the common counts, over everything that they measured.
    static func extended(in record: RunRecord) -> [ReplicaCost] {
        let series = self.series(in: record)
        return series.filter { ($0.points.last?.x ?? 0) > self.commonLimit($0, among: series) }.map { ReplicaCost($0) }
    }

    private static func series(in record: RunRecord) -> [Series] {
        Series.grouped(
            record.cases.filter { $0.scenario == "fan-out" && $0.parameter("behaviour") == "idle" },
            along: "replicas"
        )
    }

    /// The count that all reached whose replicas had been there as long. Series too short for a slope, as an interrupted run
    /// leaves them, limit nobody.
    private static func commonLimit(_ one: Series, among series: [Series]) -> Int {
        let alike = series.filter { $0.parameter("settle") == one.parameter("settle") }
        return alike.filter { $0.points.count >= LineFit.fewestPoints }.compactMap { $0.points.last?.x }.min() ?? .max
    }

    init(_ series: Series) {
        self.series = series
        let points = series.points.flatMap { point in
            point.measured.validTrials.flatMap { trial in
                trial.samples
                    .filter { $0.metric == Self.metric && $0.stat == "value" }
                    .map { (x: Double(point.x), y: $0.value) }
            }
        }
        // Three trials at two counts are still a line through two places that no residual can question.
        let counts = Set(points.map(\.x)).count
        self.fit = counts >= LineFit.fewestPoints ? LineFit(points) : nil
    }

    /// Why there is no fit.
    var missingReason: String {
        if let first = self.series.points.first, case .missing(let reason) = first.measured.figure(Self.metric) {
            return reason
        }
        return "a slope needs at least \(LineFit.fewestPoints) replica counts with valid trials"
    }

    /// "1.20 KiB", or "less than 0.30 KiB" where the slope cannot be told from zero.
    var text: String? {
        guard let fit = self.fit else { return nil }
        let bytes = Quantity(unit: "B")
        let error = 2 * fit.slopeStandardError
        return fit.slope > error ? bytes.text(fit.slope) : "less than \(bytes.text(max(fit.slope, 0) + max(error, 1)))"
    }
}

extension Series {
    fileprivate func upTo(_ limit: Int) -> Series {
        Series(target: self.target, fixed: self.fixed, points: self.points.filter { $0.x <= limit })
    }
}
