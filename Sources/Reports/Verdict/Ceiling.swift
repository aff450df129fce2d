// What the machine itself needs to hand one buffer to N sockets: the bound that results are quoted against.

internal import Measurement

struct Ceiling: Sendable {
    private let cases: [CaseRecord]

    init(_ record: RunRecord) {
        self.cases = record.cases.filter { $0.scenario == "ceiling" }
    }

    /// Lines of processor time per delivery over the number of sockets, one per remaining setting.
    var series: [Series] {
        Series.grouped(self.cases.filter { $0.figure("cpu_per_delivery").value != nil }, along: "sockets")
    }

    /// Processor time per delivery with as many sockets as `measured` has replicas, or the nearest number that was
    /// measured, for values of the same size.
    func delivery(like measured: CaseRecord) -> (sockets: Int, measured: Measured)? {
        guard let replicas = measured.number("replicas") else { return nil }
        let candidates = self.cases.compactMap { ceiling -> (sockets: Int, measured: Measured)? in
            guard ceiling.parameter("value_size") == measured.parameter("value_size") else { return nil }
            guard let sockets = ceiling.number("sockets") else { return nil }
            return ceiling.figure("cpu_per_delivery").value.map { (sockets, $0) }
        }
        return candidates.min { abs($0.sockets - replicas) < abs($1.sockets - replicas) }
    }

    /// How many times the ceiling's processor time a case needs per delivery.
    func multiple(of measured: CaseRecord) -> Figure {
        let figure = measured.figure("primary_cpu_per_delivery")
        guard let own = figure.value else { return figure }
        guard let bound = self.delivery(like: measured), bound.measured.median > 0 else {
            return .missing("no ceiling was measured for this value size")
        }
        guard let summary = Summary([own.median / bound.measured.median]) else { return figure }
        return .measured(Measured(summary: summary, unit: "ratio"))
    }
}
