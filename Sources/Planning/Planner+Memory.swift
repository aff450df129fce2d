// Backlog and memory.

internal import Measurement

extension Planner {
    private static let capacityMissing =
        "Memory and backlog need cases of the scenario capacity, which this run lacks: "
        + "sluice plan --calibrate measures them."

    /// Bytes of stream while a replica is away.
    private func missed(_ bytes: Double) -> Double { self.question.writeRate * bytes * self.question.outage }

    private var outage: PlanInput { PlanInput("outage", self.question.outage, unit: "s") }

    mutating func answerBacklog(_ frame: LinearModel, _ bytes: Double) {
        let missed = self.missed(bytes)
        var answer = PlanAnswer(
            "What backlog lets a replica resume after the outage?",
            formula: "write rate × stream bytes per write × outage ÷ reach",
            inputs: [self.writeRate, self.frameBytes(bytes), self.outage],
            value: missed,
            unit: "B",
            warnings: Self.warnings(frame.ranges, self.configuration),
            remarks: ["The outage counts until the replica is back, so detecting it and trying again belong to it."]
        )
        if let memory {
            answer.value = memory.backlog(toBridge: missed)
            answer.inputs.append(PlanInput("reach", memory.reach, unit: "ratio", isMeasured: true))
            answer.error = ErrorSummary(memory.backlogChecks.map(\.error))
            var configuration = self.configuration
            configuration.backlog = answer.value
            configuration.keys = memory.ranges[.keys]?.lowerBound ?? 0
            configuration.replicas = memory.ranges[.replicas]?.lowerBound ?? 0
            configuration.stalled = memory.ranges[.stalled]?.lowerBound ?? 0
            answer.warnings = Self.warnings(memory.ranges, configuration)
        } else {
            answer.formula = "write rate × stream bytes per write × outage"
            answer.remarks.append("That a backlog holds as many bytes of the stream as it has was not measured.")
        }
        self.add(answer)
        self.answerLog(frame, bytes)
    }

    private mutating func answerLog(_ frame: LinearModel, _ bytes: Double) {
        guard let extra = self.load.logExtra else { return }
        self.add(
            PlanAnswer(
                "How much log on disk does the same take?",
                formula: "write rate × (stream bytes per write + extra) × outage",
                inputs: [
                    self.writeRate, self.frameBytes(bytes), self.outage,
                    PlanInput("extra", extra, unit: "B", isMeasured: true),
                ],
                value: self.missed(max(0, bytes + extra)),
                unit: "B",
                error: ErrorSummary(frame.checks.map(\.error)),
                warnings: Self.warnings(frame.ranges, self.configuration),
                remarks: ["A log lets whole segments go, so add the size of one."]
            )
        )
    }

    mutating func answerMemory(_ bytes: Double) {
        guard let memory else { return self.miss(Self.capacityMissing) }
        var configuration = self.configuration
        let missed = self.missed(bytes)
        configuration.backlog = self.question.backlog ?? memory.backlog(toBridge: missed)
        configuration.pending = missed
        let held = memory.buffers(configuration)
        let allocated = memory.allocated(configuration)
        let copied = memory.allocated(configuration, buffers: memory.copiedBuffers(configuration))
        let shared = [
            PlanInput("backlog", configuration.backlog, unit: "B"),
            PlanInput("keys", self.question.keys, unit: "count"), self.valueSize, self.replicas,
            PlanInput("stalled", self.question.stalled, unit: "count"),
            PlanInput("empty server", memory.empty, unit: "B", isMeasured: true),
            PlanInput("per key", memory.data.coefficient(.keys), unit: "B", isMeasured: true),
            PlanInput("per byte of value", memory.data.coefficient(.keysTimesValueSize), unit: "", isMeasured: true),
            PlanInput("per replica", memory.perReplica, unit: "B", isMeasured: true),
            PlanInput("per byte of backlog", memory.chunkFactor, unit: "", isMeasured: true),
        ]
        let warnings = Self.warnings(memory.ranges, configuration)
        let data = "empty server + keys × (per key + per byte of value × value size)"
        let links = "(replicas + stalled) × per replica"
        self.add(
            PlanAnswer(
                "How much memory does the primary allocate?",
                formula: "\(data) + \(links) + per byte of backlog × "
                    + (memory.isHeldBack ? "max(backlog, pending − in sockets)" : "backlog"),
                inputs: shared + (memory.isHeldBack ? self.pending(memory, missed) : []),
                value: allocated,
                unit: "B",
                error: ErrorSummary(memory.allocatedChecks.map(\.error)),
                warnings: warnings,
                remarks: self.memoryRemarks(memory, held: held)
            )
        )
        self.add(
            PlanAnswer(
                "How much memory does its process take?",
                formula: "resident when empty + factor × (allocated − empty server)",
                inputs: [
                    PlanInput("allocated", allocated, unit: "B"),
                    PlanInput("empty server", memory.empty, unit: "B", isMeasured: true),
                    PlanInput("resident when empty", memory.emptyResident, unit: "B", isMeasured: true),
                    PlanInput("factor", memory.residentFactor, unit: "ratio", isMeasured: true),
                ],
                value: memory.resident(allocated: allocated),
                unit: "B",
                error: ErrorSummary(memory.residentChecks.map(\.error)),
                warnings: warnings
            )
        )
        guard self.question.stalled > 0 else { return }
        self.add(
            PlanAnswer(
                "And if every stalled replica had a copy of its own?",
                formula: "\(data) + \(links) + per byte of backlog × backlog + stalled × (pending − in sockets)",
                inputs: shared + self.pending(memory, missed),
                value: copied,
                unit: "B",
                warnings: warnings,
                remarks: ["This is arithmetic: it is what sharing the stream saves, not what this server does."]
            )
        )
    }

    private func pending(_ memory: MemoryModel, _ missed: Double) -> [PlanInput] {
        [
            PlanInput("pending", missed, unit: "B"),
            PlanInput("in sockets", memory.inSockets, unit: "B", isMeasured: memory.isHeldBack),
        ]
    }

    private func memoryRemarks(_ memory: MemoryModel, held: Double) -> [String] {
        guard self.question.stalled > 0 else { return [] }
        return [
            memory.isHeldBack
                ? "Stalled replicas hold the stream back: what the furthest one lacks stays in memory until it is cut off."
                : "Stalled replicas hold nothing back beyond the backlog: one that falls out of it goes on from the log, or is "
                    + "closed where there is none."
        ]
    }
}
