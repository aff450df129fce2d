// What a sweep measured, as a heat map for each metric.

internal import Measurement

extension Chart {
    static func sweeps(_ record: RunRecord) -> [Chart] {
        guard let sweep = record.sweep else { return [] }
        let metrics = sweep.metrics + (sweep.cost.map { [$0] } ?? [])
        return metrics.compactMap { self.heatMap(sweep, $0, names: TargetNames(record)) }
    }

    /// Rows are the first knob, columns the others; a single knob has one row.
    private static func heatMap(_ sweep: SweepRecord, _ metric: SweepMetric, names: TargetNames) -> Chart? {
        guard let first = sweep.knobs.first else { return nil }
        let across = sweep.knobs.count > 1 ? Array(sweep.knobs.dropFirst()) : [first]
        let isSingle = sweep.knobs.count == 1
        func columnOf(_ setting: SweepSetting) -> String {
            across.map { knob in setting.knobs.first { $0.name == knob.name }?.value ?? "" }.joined(separator: " · ")
        }
        func rowOf(_ setting: SweepSetting) -> String {
            isSingle ? "" : setting.knobs.first { $0.name == first.name }?.value ?? ""
        }
        let settings = sweep.settings.filter { !$0.isDefault }
        var columns: [String] = []
        for setting in settings where !columns.contains(columnOf(setting)) { columns.append(columnOf(setting)) }
        let rows = isSingle ? [""] : first.values
        let isJudged = metric == sweep.metrics.first
        let quantity = Quantity(
            unit: metric.unit == "ratio" && metric.metric.hasSuffix("_share") ? "share" : metric.unit
        )
        let cells = settings.compactMap { setting -> HeatMap.Cell? in
            guard let figure = setting.figure(metric), let column = columns.firstIndex(of: columnOf(setting)),
                let row = rows.firstIndex(of: rowOf(setting))
            else { return nil }
            return HeatMap.Cell(
                column: column,
                row: row,
                value: figure.median,
                text: quantity.text(figure.median),
                isAsGood: isJudged && setting.isInZone
            )
        }
        guard !cells.isEmpty else { return nil }
        let usual = sweep.settings.first(where: \.isDefault)?.figure(metric).map { quantity.text($0.median) }
        let told = [names.short(sweep.target), sweep.scenario, "medians over \(sweep.blocks) blocks"]
        let map = HeatMap(
            columnTitle: across.map(\.name).joined(separator: " · "),
            columns: columns,
            rowTitle: isSingle ? "" : first.name,
            rows: rows,
            cells: cells,
            isLowerBetter: metric.better == .lower
        )
        return Chart(
            name: SweepSection.chartName(metric),
            title: SweepWords.title(metric),
            subtitle: (told + (usual.map { ["default \($0)"] } ?? [])).joined(separator: ", "),
            reading: "The stronger the colour, the better"
                + (isJudged ? "; framed settings are not shown to be worse than the best." : "."),
            content: .heat(map)
        )
    }
}
