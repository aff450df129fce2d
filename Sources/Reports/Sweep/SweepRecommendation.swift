// What a sweep advises, in sentences that a person can act on.

package import Measurement

package struct SweepRecommendation: Sendable {
    /// The decision.
    package let sentence: String
    /// What comes with it.
    package let remarks: [String]

    package init(_ record: SweepRecord) {
        let words = Wording(record)
        self.sentence = words.sentence
        self.remarks = [words.price, words.failures].compactMap(\.self)
    }
}

private struct Wording {
    private let record: SweepRecord
    private let metric: SweepMetric?

    init(_ record: SweepRecord) {
        self.record = record
        self.metric = record.metrics.first
    }

    private var chosen: SweepSetting? {
        let place = self.record.choice.setting
        return self.record.settings.indices.contains(place) ? self.record.settings[place] : nil
    }

    var sentence: String {
        guard let metric, let chosen else { return "This sweep holds no figure that a choice could rest on." }
        let margin = SweepWords.percent(self.record.margin)
        let more = metric.better == .lower ? "less" : "more"
        switch self.record.choice.kind {
        case .better:
            guard let change = chosen.figure(metric)?.change else { return "\(chosen.label)." }
            return "\(chosen.label): \(SweepWords.gain(change, metric))\(self.costWords)."
        case .cheaper:
            let change = chosen.figure(metric)?.change.map { " (\(SweepWords.change($0)))" } ?? ""
            let same = metric.better == .lower ? "the same" : "as many"
            return "\(chosen.label): \(same) \(SweepWords.noun(metric))\(change)\(self.costWords)."
        case .keep where self.record.settings.dropFirst().allSatisfy { $0.standing == .failed }:
            return "Keep the default: no other setting worked."
        case .keep:
            return "Keep the default: no setting gives more than \(margin) % \(more) \(SweepWords.noun(metric))."
        case .undecided:
            return "Keep the default: no setting is shown to give \(more) \(SweepWords.noun(metric)). \(self.doubt)"
        case .noControl:
            let reason = chosen.failure.map { ": \($0)" } ?? ""
            return "Nothing can be advised, because the default did not work\(reason)."
        }
    }

    /// " for 15 MiB less", where the setting costs something else than the default.
    private var costWords: String {
        guard let cost = self.record.cost, let before = self.record.settings.first?.figure(cost)?.median,
            let after = self.chosen?.figure(cost)?.median, before != after
        else { return "" }
        let amount = SweepWords.quantity(cost).text(abs(after - before))
        return " for \(amount) \(after < before ? "less" : "more") \(SweepWords.noun(cost))"
    }

    /// What could not be excluded.
    private var doubt: String {
        guard let metric else { return "" }
        let changes = self.record.settings.dropFirst().filter { $0.standing != .failed }
            .compactMap { $0.figure(metric)?.change }
        let intervals = changes.compactMap(\.interval)
        guard !intervals.isEmpty else {
            let fewest = SweepAnalysis.fewestBlocks(settings: self.record.settings.count - 1)
            let blocks = self.record.blocks == 1 ? "1 block is" : "\(self.record.blocks) blocks are"
            return "\(blocks) too few to tell: it takes \(fewest) (--trials \(fewest))."
        }
        let best =
            metric.better == .lower
            ? intervals.map { -$0.lowerBound }.max() ?? 0 : intervals.map(\.upperBound).max() ?? 0
        return "A gain of up to \(SweepWords.percent(max(0, best))) % cannot be excluded after \(self.record.blocks) "
            + "blocks; more of them (--trials) would tell."
    }

    /// What a smaller backlog gives up, which no figure of the sweep shows.
    var price: String? {
        guard self.record.choice.setting != 0,
            let backlog = self.chosen?.knobs.first(where: { $0.name == "backlog-size" })?.value
        else { return nil }
        let before = self.record.knobs.first { $0.name == "backlog-size" }?.defaultValue.flatMap { Double($0) }
        let instead = before.map { " instead of \(Quantity(unit: "B").text($0))" } ?? ""
        return "A backlog of \(backlog)\(instead) decides how long a replica may be away and still resume: "
            + "`sluice plan` says how long that is."
    }

    private static let mostNamed = 4

    var failures: String? {
        let failed = self.record.settings.filter { $0.standing == .failed }
        guard let reason = failed.first?.failure else { return nil }
        // A value with which nothing worked is named once.
        let hopeless = self.record.knobs.flatMap { knob in knob.values.map { Parameter(knob.name, $0) } }.filter {
            one in
            self.record.settings.allSatisfy { !$0.knobs.contains(one) || $0.standing == .failed }
        }
        let others = failed.filter { setting in !setting.knobs.contains(where: hopeless.contains) }
        let names = hopeless.map { "\($0.name)=\($0.value)" } + others.map(\.label)
        let named = names.prefix(Self.mostNamed).joined(separator: "; ")
        let rest = names.count > Self.mostNamed ? " and \(names.count - Self.mostNamed) more" : ""
        return "Did not work: \(Markdown.escaped(named + rest)). \(Markdown.escaped(reason))"
    }
}
