// What a reader must know beside the figures: skipped targets, limits of the generator, gaps and noise.

internal import Measurement

struct Notes {
    let lines: [String]

    init(_ record: RunRecord, names: TargetNames) {
        var lines = record.notes.map(Markdown.escaped)
        lines += Self.limits(record, names: names)
        lines += Self.busyThreads(record, names: names)
        lines += Self.unsupported(record, names: names)
        lines += Self.noise(record)
        self.lines = lines
    }

    /// From this share of one core on, a process counts as busy.
    private static let busyShare = 0.9

    /// A closed-loop ceiling must state whose ceiling it is.
    private static func limits(_ record: RunRecord, names: TargetNames) -> [String] {
        let limited = record.cases.filter { one in
            guard let generator = one.figure("generator_cpu_share").value else { return false }
            let primary = one.figure("primary_cpu_share").value?.median ?? 0
            return generator.median >= Self.busyShare && primary < Self.busyShare
        }
        guard !limited.isEmpty else { return [] }
        let shown = limited.map {
            "\(names.short($0.target)) with \($0.parameters.map(ParameterText.words).joined(separator: ", "))"
        }
        return [
            "The primary was not the limit, its throughput is a lower bound (it was busy less than "
                + "\(DecimalText.fixed(Self.busyShare * 100, places: 0)) % of the time, the load generator more) in: "
                + Markdown.escaped("\(self.list(shown)).")
        ]
    }

    /// One thread makes the load and one plays all replicas; a thread that has no time left is what was measured.
    private static func busyThreads(_ record: RunRecord, names: TargetNames) -> [String] {
        [("load_cpu_share", "makes the load"), ("replicas_cpu_share", "plays the replicas")].compactMap {
            metric,
            part in
            let busy = record.cases.filter { ($0.figure(metric).value?.median ?? 0) >= Self.busyShare }
            guard !busy.isEmpty else { return nil }
            let shown = busy.map {
                "\(names.short($0.target)) with \($0.parameters.map(ParameterText.words).joined(separator: ", "))"
            }
            return "The generator's thread that \(part) had no time left, so rates are a lower bound, in: "
                + Markdown.escaped("\(self.list(shown)).")
        }
    }

    private static func unsupported(_ record: RunRecord, names: TargetNames) -> [String] {
        var order: [String] = []
        var metrics: [String: [String]] = [:]
        for one in record.cases {
            for (metric, reason) in one.unsupported.sorted(by: { $0.key < $1.key }) {
                let key = "Not supported by \(names.short(one.target)): \(reason)"
                if metrics[key] == nil { order.append(key) }
                if !metrics[key, default: []].contains(metric) { metrics[key, default: []].append(metric) }
            }
        }
        return order.map { key in Markdown.escaped("\(key) (\(metrics[key, default: []].joined(separator: ", ")))") }
    }

    private static func noise(_ record: RunRecord) -> [String] {
        var order: [String] = []
        var counts: [String: (noisy: Int, all: Int)] = [:]
        for one in record.cases {
            for sample in one.validTrials.first?.samples ?? [] {
                guard let measured = one.figure(sample.metric, sample.stat).value, measured.summary.count > 1 else {
                    continue
                }
                let name = sample.stat == "value" ? sample.metric : "\(sample.metric) \(sample.stat)"
                if counts[name] == nil { order.append(name) }
                counts[name, default: (0, 0)].all += 1
                if measured.isNoisy { counts[name, default: (0, 0)].noisy += 1 }
            }
        }
        let noisy = order.compactMap { name in
            counts[name].flatMap { $0.noisy > 0 ? "\(name) (\($0.noisy) of \($0.all) cases)" : nil }
        }
        guard !noisy.isEmpty else { return [] }
        return [
            "Noisy, marked ~: the robust variation over trials is above "
                + "\(DecimalText.fixed(Measured.noisyVariation * 100, places: 0)) %. "
                + Markdown.escaped("It voids nothing, but small differences mean nothing either: \(self.list(noisy)).")
        ]
    }

    private static let mostListed = 12

    private static func list(_ items: [String]) -> String {
        let rest = items.count - self.mostListed
        return items.prefix(self.mostListed).joined(separator: "; ") + (rest > 0 ? " and \(rest) more" : "")
    }
}
