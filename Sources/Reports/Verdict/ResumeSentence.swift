// The sentence about returning replicas.

internal import Measurement

struct ResumeSentence {
    private let record: RunRecord
    private let names: TargetNames

    init(_ record: RunRecord, names: TargetNames) {
        self.record = record
        self.names = names
    }

    /// Nil when the subject has no figure.
    var text: String? {
        guard let main = self.disk ?? self.memory, let one = self.longest(main) else { return nil }
        guard let first = one.figure(ResumeGrowth.metric, ResumeGrowth.stat).value else { return nil }
        let records = one.number("log_records") ?? 0
        let source = main.parameter("source") == "disk" ? "disk" : "memory"
        var text =
            "A replica that comes back \(Self.grouped(one.number("distance") ?? 0)) mutations behind has its first frame from "
        text += "\(source) after **\(first.sentenceText)** with \(Self.grouped(records)) records in the log"
        if let growth = ResumeGrowth(main) {
            text +=
                ", \(DecimalText.fixed(growth.ratio, places: 2))× the time with \(Self.grouped(growth.shortest.records))"
        }
        text += self.others(like: one, main)
        return text + "."
    }

    /// 10 000 000
    static func grouped(_ number: Int) -> String {
        var text = ""
        for (place, digit) in String(number).reversed().enumerated() {
            if place > 0, place.isMultiple(of: 3) { text.append(" ") }
            text.append(digit)
        }
        return String(text.reversed())
    }

    /// The subject's series with the longest log, among equals the one with a warm cache.
    private func series(_ source: String) -> Series? {
        let own = ResumeGrowth.series(in: self.record).filter {
            $0.target == self.names.subject && $0.parameter("source") == source && $0.parameter("cache") != "cold"
                && self.longest($0) != nil
        }
        return own.enumerated().max { left, right in
            (left.element.points.last?.x ?? 0, left.element.points.count, -left.offset)
                < (right.element.points.last?.x ?? 0, right.element.points.count, -right.offset)
        }?.element
    }

    private var disk: Series? { self.series("disk") }
    private var memory: Series? { self.series("memory") }

    private func longest(_ series: Series) -> CaseRecord? {
        series.points.last { $0.measured.figure(ResumeGrowth.metric, ResumeGrowth.stat).value != nil }?.measured
    }

    /// What the other servers make of the same: a full resync, or their own time from memory.
    private func others(like one: CaseRecord, _ main: Series) -> String {
        self.names.servers.filter { $0 != self.names.subject }.compactMap { server -> String? in
            let name = Markdown.escaped(self.names.short(server))
            let twin = self.record.cases.first { other in
                other.target == server && other.scenario == "resume"
                    && ["source", "log_records", "distance", "backlog_size", "cache"].allSatisfy {
                        other.parameter($0) == one.parameter($0)
                    }
            }
            guard let twin else { return nil }
            if let time = twin.figure(ResumeGrowth.metric, ResumeGrowth.stat).value {
                return "; \(name) after \(time.sentenceText)"
            }
            guard let share = twin.figure("full_resync_share").value, share.median > 0 else { return nil }
            return "; \(name) answers \(share.sentenceText) of such replicas with a full resync"
        }
        .joined()
    }
}
