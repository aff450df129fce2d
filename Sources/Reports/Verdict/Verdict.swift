// The top of the report, in sentences that need no knowledge of the rest. Every sentence is computed and stands only
// when its figures exist.

internal import Measurement

struct Verdict {
    private let record: RunRecord
    private let names: TargetNames
    private let validity: Validity

    init(_ record: RunRecord, names: TargetNames, validity: Validity) {
        self.record = record
        self.names = names
        self.validity = validity
    }

    var text: String {
        var paragraphs: [String] = []
        if !self.validity.isValid { paragraphs.append(self.invalidity) }
        if self.record.interrupted { paragraphs.append(self.interruption) }
        if let sweep = self.record.sweep {
            let advice = SweepRecommendation(sweep)
            paragraphs.append((["**\(Markdown.escaped(advice.sentence))**"] + advice.remarks).joined(separator: "\n\n"))
            return paragraphs.joined(separator: "\n\n")
        }
        let sentences =
            [
                self.memory(isSettled: false), self.memory(isSettled: true), self.processor, self.writes, self.stalled,
                self.handshakes, self.storm,
                ResumeSentence(self.record, names: self.names).text,
            ].compactMap(\.self) + SnapshotSentences(self.record, names: self.names).all
            + [
                LagSentence(self.record, names: self.names).text, FaultsSentence(self.record, names: self.names).text,
            ].compactMap(\.self) + GroupSentences(self.record, names: self.names).all
            + FindMaxSection.sentences(self.record, names: self.names)
        paragraphs.append(
            sentences.isEmpty
                ? "This run holds no figure that a verdict could rest on."
                : sentences.map { "- \($0)" }.joined(separator: "\n")
        )
        return paragraphs.joined(separator: "\n\n")
    }

    /// A report with a hundred reasons is read no further than the first dozen; results.json has them all.
    private static let mostReasonsShown = 12

    private var invalidity: String {
        let reasons = self.validity.reasons
        var lines = ["**INVALID: do not rely on the figures of this run.**", ""]
        lines += reasons.prefix(Self.mostReasonsShown).map { "- \(Markdown.escaped($0))" }
        let rest = reasons.count - Self.mostReasonsShown
        if rest > 0 { lines.append("- and \(rest) more reasons, in results.json") }
        return lines.joined(separator: "\n")
    }

    private var interruption: String {
        let trials = self.record.cases.reduce(0) { $0 + $1.trials.count }
        return "**Interrupted**: the run was stopped after \(trials) trials. What was measured until then follows."
    }

    /// "this engine" where the reader knows which one is meant.
    private var subjectName: String {
        guard let subject = self.names.subject else { return "the server" }
        return subject == TargetNames.bundled ? "this engine" : Markdown.escaped(self.names.short(subject))
    }

    private func fanOut(_ behaviour: String) -> [CaseRecord] {
        self.record.cases.filter {
            $0.scenario == "fan-out" && $0.parameter("behaviour") == behaviour && $0.hasPlainLoad
                && $0.parameter("fan_out") != "copy"
        }
    }

    private func handshakeCases(_ kind: String) -> [CaseRecord] {
        self.record.cases.filter { $0.scenario == "handshake" && $0.parameter("kind") == kind }
    }
}

// MARK: - Sentences

extension Verdict {
    /// What a replica costs that has just come, or that has been idle for a while.
    private func memory(isSettled: Bool) -> String? {
        let costs = ReplicaCost.comparable(in: self.record).filter {
            $0.series.parameter("fan_out") != "copy" && ($0.series.parameter("settle") != nil) == isSettled
        }
        guard let own = costs.first(where: { $0.series.target == self.names.subject && $0.fit != nil }) else {
            return nil
        }
        guard let text = own.text else { return nil }
        let others = self.names.servers.compactMap { server -> String? in
            guard server != self.names.subject else { return nil }
            let twin = costs.first { $0.series.target == server && Set($0.series.fixed) == Set(own.series.fixed) }
            return twin?.text.map { "; \(Markdown.escaped(self.names.short(server))) \($0)" }
        }
        let state =
            own.series.parameter("settle").map { "has been idle for \(Markdown.oneLine($0)) s" } ?? "has just come"
        return "A replica that \(state) costs \(self.subjectName) **\(text)** of memory\(others.joined())."
    }

    private var processor: String? {
        let metric = "primary_cpu_per_delivery"
        guard
            let found = Comparison.largest(
                of: self.fanOut("fast"),
                along: "replicas",
                metric: metric,
                names: self.names
            ), let replicas = found.subject.number("replicas")
        else { return nil }
        let ceiling = Ceiling(self.record).delivery(like: found.subject).map { bound in
            "; the machine's ceiling is \(bound.measured.sentenceText)"
                + (bound.sockets == replicas ? "" : " (measured with \(bound.sockets) sockets)")
        }
        return "With \(Self.count(replicas))\(found.conditions(without: ["replicas"])) the primary spends "
            + "**\(found.own.sentenceText)** of processor time per delivered mutation\(found.versus(self.names))"
            + "\(ceiling ?? "")."
    }

    private var writes: String? {
        guard
            let found = Comparison.largest(
                of: self.fanOut("fast"),
                along: "replicas",
                metric: "write_rate",
                names: self.names
            ), let replicas = found.subject.number("replicas")
        else { return nil }
        return "Clients get **\(found.own.sentenceText)** writes through with \(Self.count(replicas)) attached"
            + "\(found.conditions(without: ["replicas"]))\(found.versus(self.names))\(self.singleWrites(like: found))."
    }

    /// The same case with the shortest pipeline, where the round trip and not the server's speed is the limit.
    private func singleWrites(like found: Comparison) -> String {
        func rest(_ one: CaseRecord) -> Set<Parameter> { Set(one.parameters.filter { $0.name != "pipeline" }) }
        let cases = self.fanOut("fast").filter { rest($0) == rest(found.subject) }
        let depths = cases.compactMap { $0.number("pipeline") }
        guard let shortest = depths.min(), let own = found.subject.number("pipeline"), shortest < own else { return "" }
        let single = Comparison.largest(
            of: cases.filter { $0.number("pipeline") == shortest },
            along: "replicas",
            metric: "write_rate",
            names: self.names
        )
        return single.map { "; with pipeline \(shortest): \($0.own.sentenceText)\($0.versus(self.names))" } ?? ""
    }

    private var stalled: String? {
        guard
            let found = Comparison.largest(
                of: self.fanOut("stalled"),
                along: "replicas",
                metric: "bytes_pending_total",
                names: self.names
            ), let replicas = found.subject.number("replicas"), replicas > 0
        else { return nil }
        let held =
            found.subject.figure("bytes_alive_in_chunks").value
            ?? found.subject.figure("mem_total_replication_buffers").value
        guard let held else { return nil }
        let ratio = found.subject.figure("sharing_ratio").value.map { ", a sharing ratio of \($0.sentenceText)" }
        let verb = replicas == 1 ? "waits" : "wait"
        return "While \(Self.count(replicas, "stalled ")) \(verb), \(self.subjectName) keeps **\(held.sentenceText)** "
            + "for them where private copies would hold \(found.own.sentenceText)\(ratio ?? "")."
    }

    private var handshakes: String? {
        guard
            let found = Comparison.largest(
                of: self.handshakeCases("tip"),
                along: "concurrency",
                metric: "handshake_rate",
                names: self.names
            ), let concurrency = found.subject.number("concurrency")
        else { return nil }
        let tail = found.subject.figure("handshake_latency", "p99").value.map { ", 99 % within \($0.sentenceText)" }
        return "Returning replicas are taken back at **\(found.own.sentenceText)**"
            + "\(found.versus(self.names)), with \(concurrency) at a time\(tail ?? "")."
    }

    private var storm: String? {
        guard
            let found = Comparison.largest(
                of: self.handshakeCases("storm"),
                along: "replicas",
                metric: "time_to_all_online",
                names: self.names
            ), let replicas = found.subject.number("replicas")
        else { return nil }
        return "When \(Self.count(replicas)) arrive at once, all are online after **\(found.own.sentenceText)**"
            + "\(found.versus(self.names))."
    }

    private static func count(_ replicas: Int, _ adjective: String = "") -> String {
        replicas == 1 ? "1 \(adjective)replica" : "\(replicas) \(adjective)replicas"
    }
}
