// Egress, full copies, draining, and saturation: what goes over the network and how long it takes.

internal import Measurement

extension Planner {
    private var link: [PlanInput] {
        self.question.linkSpeed.map { [PlanInput("link speed", $0, unit: "B/s")] } ?? []
    }

    mutating func answerEgress(_ frame: LinearModel, _ bytes: Double) {
        let perReplica = self.question.writeRate * bytes
        var remarks = ["Headers of the network come on top: 3 to 5 % with full packets."]
        if let speed = self.question.linkSpeed {
            let most = (Self.fullest * speed / perReplica).rounded(.down)
            let share = "\(Int(Self.fullest * 100)) % of the link"
            remarks.append(
                most < 1
                    ? "\(share) is not enough for a single replica."
                    : "\(share) is enough for \(Self.plain(most)) replicas."
            )
        }
        self.add(
            PlanAnswer(
                "What leaves the primary for its replicas?",
                formula: "replicas × write rate × stream bytes per write",
                inputs: [self.replicas, self.writeRate, self.frameBytes(bytes)] + self.link,
                value: self.question.replicas * perReplica,
                unit: "B/s",
                error: ErrorSummary(frame.checks.map(\.error)),
                warnings: Self.warnings(frame.ranges, self.configuration),
                remarks: remarks
            )
        )
    }

    mutating func answerCopy(_ bytes: Double) {
        guard let copy else {
            return self.miss("Full resyncs were not measured: sluice plan --calibrate does, or --suite snapshot.")
        }
        guard self.question.keys > 0 else {
            return self.miss("A full resync depends on the data: say how many with --keys.")
        }
        var configuration = Configuration()
        configuration.keys = self.question.keys
        configuration.valueSize = self.question.valueSize
        let size = copy.bytes.value(configuration)
        let keys = PlanInput("keys", self.question.keys, unit: "count")
        self.add(
            PlanAnswer(
                "How many bytes is a full resync?",
                formula: "keys × (per key + per byte of value × value size)",
                inputs: [keys, self.valueSize, self.input(copy.bytes, .keys, "per key", "B")]
                    + [self.input(copy.bytes, .keysTimesValueSize, "per byte of value", "")],
                value: size,
                unit: "B",
                error: ErrorSummary(copy.bytes.checks.map(\.error)),
                warnings: Self.warnings(copy.bytes.ranges, configuration),
                remarks: copy.extra.map {
                    [
                        "Beside the data it took \(Self.mebibytes($0.lowerBound))…\(Self.mebibytes($0.upperBound)) MiB of "
                            + "memory with nobody writing; writes during the copy come on top."
                    ]
                } ?? []
            )
        )
        if let processor = copy.processor {
            self.add(self.copyAnswer("How much processor time does it take?", processor, configuration))
        }
        guard let seconds = copy.seconds else { return }
        var answer = self.copyAnswer("How long does it take?", seconds, configuration)
        let onLink = self.question.linkSpeed.map { size / $0 } ?? 0
        if onLink > answer.value {
            answer.value = onLink
            answer.formula = "bytes ÷ link speed"
            answer.inputs = [PlanInput("bytes", size, unit: "B")] + self.link
            answer.remarks.append("The link is slower than the copy.")
        } else if let spread = copy.secondsSpread {
            answer.low = answer.value * spread.lowerBound
            answer.high = answer.value * spread.upperBound
        }
        let during = answer.value * self.question.writeRate * bytes
        answer.remarks.append(
            "Clients write \(Self.mebibytes(during)) MiB of stream meanwhile; the backlog must hold that, or the replica "
                + "begins again."
        )
        self.add(answer)
    }

    private func copyAnswer(_ question: String, _ model: LinearModel, _ configuration: Configuration) -> PlanAnswer {
        PlanAnswer(
            question,
            formula: "fixed + keys × (per key + per byte of value × value size)",
            inputs: [
                PlanInput("keys", self.question.keys, unit: "count"), self.valueSize,
                self.input(model, .one, "fixed", "s"), self.input(model, .keys, "per key", "us", scale: 1e6),
                self.input(model, .keysTimesValueSize, "per byte of value", "us", scale: 1e6),
            ],
            value: model.value(configuration),
            unit: "s",
            error: ErrorSummary(model.checks.map(\.error)),
            warnings: Self.warnings(model.ranges, configuration)
        )
    }

    private func input(
        _ model: LinearModel,
        _ term: Term,
        _ name: String,
        _ unit: String,
        scale: Double = 1
    ) -> PlanInput {
        PlanInput(name, model.coefficient(term) * scale, unit: unit, isMeasured: true)
    }

    static func mebibytes(_ bytes: Double) -> String {
        let tenths = (bytes / 104_857.6).rounded()
        return tenths < 100 ? "\(tenths / 10)" : self.plain(tenths / 10)
    }

    mutating func answerDrain(_ bytes: Double) {
        guard let drain else { return self.miss("How fast a replica drains was not measured.") }
        let behind = self.question.writeRate * self.question.outage
        let question = "How long until a replica is current after the outage?"
        var remarks = [
            drain.isLive
                ? "Measured on a live replica that applies what it gets."
                : "Measured on a replica that reads and throws away: one that applies what it gets is slower."
        ]
        let spare = drain.rate.median - self.question.writeRate
        guard spare > 0 else {
            return self.miss(
                "A replica takes \(Self.plain(drain.rate.median)) mutations a second, no more than clients write: it never becomes "
                    + "current."
            )
        }
        if let speed = self.question.linkSpeed, speed / bytes < drain.rate.median {
            remarks.append(
                "The link carries only \(Self.plain(speed / bytes)) mutations a second; with it the answer is longer."
            )
        }
        func seconds(_ rate: Double) -> Double? {
            rate > self.question.writeRate ? behind / (rate - self.question.writeRate) : nil
        }
        self.add(
            PlanAnswer(
                question,
                formula: "write rate × outage ÷ (drain rate − write rate)",
                inputs: [
                    self.writeRate, PlanInput("outage", self.question.outage, unit: "s"),
                    PlanInput("drain rate", drain.rate.median, unit: "1/s", isMeasured: true),
                ],
                value: behind / spare,
                unit: "s",
                low: seconds(drain.rate.maximum),
                high: seconds(drain.rate.minimum),
                remarks: remarks
            )
        )
    }

    mutating func answerSaturation() {
        guard let law = self.load.saturation else {
            return self.miss(
                "Where deliveries stop growing needs \(Saturation.fewestPoints) or more numbers of replicas at one value "
                    + "size."
            )
        }
        let peak = law.peak
        let throughput = law.throughput(self.question.replicas)
        let wanted = self.question.writeRate * self.question.replicas
        self.add(
            PlanAnswer(
                "How many mutations can be delivered a second?",
                formula: "λ × n ÷ (1 + σ × (n − 1) + κ × n × (n − 1))",
                inputs: [
                    PlanInput("n", self.question.replicas, unit: "count"),
                    PlanInput("λ", law.rateOfOne, unit: "1/s", isMeasured: true),
                    PlanInput("σ", law.contention, unit: "", isMeasured: true),
                    PlanInput("κ", law.coherency, unit: "", isMeasured: true),
                ],
                value: throughput,
                unit: "1/s",
                warnings: Self.saturationWarnings(law, self.question.replicas),
                remarks: [
                    "The plan asks for \(Self.plain(wanted)) a second.",
                    peak.map { "Highest at \($0.text(measuredUpTo: law.range.upperBound)) replicas." }
                        ?? "Within what was measured it does not stop growing.",
                    "Measured with values of \(Self.plain(self.load.saturationValueSize)) bytes, on a machine that the replicas and the "
                        + "load shared with the primary: with machines of their own there is more.",
                ]
            )
        )
    }

    private static func saturationWarnings(_ law: Saturation, _ replicas: Double) -> [String] {
        guard !law.range.contains(replicas) else { return [] }
        return [
            "replicas \(Self.plain(replicas)) is outside \(Self.plain(law.range.lowerBound))…\(Self.plain(law.range.upperBound)): extrapolated"
        ]
    }

    mutating func addChecks(_ frame: LinearModel) {
        func add(_ quantity: String, _ unit: String, isTime: Bool = false, _ checks: [Check]?) {
            for check in checks ?? [] {
                self.record.checks.append(PlanCheck(quantity, unit: unit, isTime: isTime, check))
            }
        }
        add("stream bytes per write", "B", frame.checks)
        add("processor time per write", "us", self.load.processor?.checks)
        add("backlog for an outage", "B", self.memory?.backlogChecks)
        add("replication buffers", "B", self.memory?.bufferChecks)
        add("allocated memory", "B", self.memory?.allocatedChecks)
        add("resident memory", "B", self.memory?.residentChecks)
        add("bytes of a full resync", "B", self.copy?.bytes.checks)
        add("processor time of a full resync", "s", self.copy?.processor?.checks)
        add("time of a full resync", "s", isTime: true, self.copy?.seconds?.checks)
    }
}
