// Cases of one target that differ in a single parameter: a line of a chart, the points of a fit.

internal import Measurement

struct Series {
    struct Point {
        let x: Int
        let measured: CaseRecord
    }

    let target: String
    /// All parameters but the one along the series, in the order of the record.
    let fixed: [Parameter]
    /// In rising order of x.
    let points: [Point]

    private struct Key: Hashable {
        var target: String
        var fixed: Set<Parameter>
    }

    func parameter(_ name: String) -> String? {
        self.fixed.first { $0.name == name }?.value
    }

    /// Groups cases into series along `parameter`, in the order of their first case; cases without a whole number there
    /// are left out.
    static func grouped(_ cases: [CaseRecord], along parameter: String) -> [Series] {
        var order: [Key] = []
        var groups: [Key: [Point]] = [:]
        for measured in cases {
            guard let x = measured.number(parameter) else { continue }
            let key = Key(target: measured.target, fixed: Set(measured.parameters.filter { $0.name != parameter }))
            if groups[key] == nil { order.append(key) }
            groups[key, default: []].append(Point(x: x, measured: measured))
        }
        return order.compactMap { key in
            guard let points = groups[key], let first = points.first else { return nil }
            return Series(
                target: key.target,
                fixed: first.measured.parameters.filter { $0.name != parameter },
                points: points.sorted { $0.x < $1.x }
            )
        }
    }
}

/// Names series by what tells them apart and gathers what they share.
struct SeriesLabels {
    private let series: [Series]
    private let names: TargetNames

    init(_ series: [Series], names: TargetNames) {
        self.series = series
        self.names = names
    }

    /// "Sluice, shared, 64 B values": the target, then each parameter that has several values among its series.
    func label(_ one: Series) -> String {
        let siblings = self.series.filter { $0.target == one.target }
        let told = one.fixed.filter { Self.varies($0.name, among: siblings) }
        return ([self.names.short(one.target)] + told.map(ParameterText.words)).joined(separator: ", ")
    }

    /// What every series has in common: "1 KiB values, 50 connections, pipeline 16".
    var common: String {
        guard let first = self.series.first else { return "" }
        let shared = first.fixed.filter { parameter in
            !ParameterText.isObvious(parameter) && self.series.allSatisfy { $0.fixed.contains(parameter) }
        }
        return shared.map(ParameterText.words).joined(separator: ", ")
    }

    private static func varies(_ name: String, among series: [Series]) -> Bool {
        Set(series.map { $0.parameter(name) }).count > 1
    }
}
