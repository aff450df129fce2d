// Answers a question from what a run measured. Every answer is a closed formula of a few measured numbers; the formula, the
// numbers, how far it was off elsewhere, and where the question leaves the measured range all go with it.

package import Measurement

package struct Planner {
    /// The largest share of one processor that a primary should be planned for: beyond it, whatever comes unevenly waits.
    package static let busiest = 0.7
    /// The largest share of a network's speed.
    package static let fullest = 0.7

    let question: PlanQuestion
    let load: LoadModel
    let memory: MemoryModel?
    let copy: CopyModel?
    let drain: DrainModel?
    var record: PlanRecord

    /// - Parameters:
    ///   - target: the id of one of the run's targets.
    ///   - pipeline: commands that clients have on their way at a time; nil takes what most cases had.
    package init(_ run: RunRecord, target: String, pipeline: Int? = nil, _ question: PlanQuestion) {
        self.question = question
        self.load = LoadModel(run, target: target, pipeline: pipeline)
        self.memory = self.load.frame.flatMap { MemoryModel(run, target: target, frame: $0) }
        self.copy = CopyModel(run, target: target)
        self.drain = DrainModel(run, target: target)
        self.record = PlanRecord(run, target: target, question: question)
    }

    package func plan() -> PlanRecord {
        var planner = self
        planner.answer()
        return planner.record
    }

    private mutating func answer() {
        guard let frame = self.load.frame else {
            self.record.missing.append(
                "The run has no fan-out cases with replicas under load, without which nothing can be planned: "
                    + "sluice plan --calibrate measures everything that a plan takes."
            )
            return
        }
        let bytes = frame.value(self.configuration)
        self.answerStream(frame, bytes)
        self.answerBacklog(frame, bytes)
        self.answerMemory(bytes)
        self.answerProcessor()
        self.answerEgress(frame, bytes)
        self.answerCopy(bytes)
        self.answerDrain(bytes)
        self.answerSaturation()
        self.addChecks(frame)
    }

    /// The question as a configuration; the backlog is filled in where it matters.
    var configuration: Configuration {
        var configuration = Configuration()
        configuration.replicas = self.question.replicas
        configuration.valueSize = self.question.valueSize
        configuration.stalled = self.question.stalled
        configuration.keys = self.question.keys
        return configuration
    }

    var writeRate: PlanInput { PlanInput("write rate", self.question.writeRate, unit: "1/s") }
    var valueSize: PlanInput { PlanInput("value size", self.question.valueSize, unit: "B") }
    var replicas: PlanInput { PlanInput("replicas", self.question.replicas, unit: "count") }
    func frameBytes(_ bytes: Double) -> PlanInput { PlanInput("stream bytes per write", bytes, unit: "B") }

    mutating func add(_ answer: PlanAnswer) { self.record.answers.append(answer) }
    mutating func miss(_ text: String) { self.record.missing.append(text) }

    /// The stream: what a write becomes.
    private mutating func answerStream(_ frame: LinearModel, _ bytes: Double) {
        self.add(
            PlanAnswer(
                "How much does the primary write into its stream?",
                formula: "write rate × (overhead + factor × value size)",
                inputs: [
                    self.writeRate, self.valueSize,
                    PlanInput("overhead", frame.coefficient(.one), unit: "B", isMeasured: true),
                    PlanInput("factor", frame.coefficient(.valueSize), unit: "", isMeasured: true),
                ],
                value: self.question.writeRate * bytes,
                unit: "B/s",
                error: ErrorSummary(frame.checks.map(\.error)),
                warnings: Self.warnings(frame.ranges, self.configuration)
            )
        )
    }

    private mutating func answerProcessor() {
        guard let model = self.load.processor else {
            return self.miss("Processor time was not measured: the target did not run on the machine of the harness.")
        }
        let perWrite = model.value(self.configuration)
        let coefficients = [
            ("per write", Term.one, "us"), ("per write and byte", .valueSize, "us/B"),
            ("per delivery", .replicas, "us"), ("per delivery and byte", .replicasTimesValueSize, "us/B"),
        ]
        self.add(
            PlanAnswer(
                "How busy is the primary's processor?",
                formula: "write rate × (a + b × value size + replicas × (c + d × value size))",
                inputs: [self.writeRate, self.valueSize, self.replicas]
                    + coefficients.map { PlanInput($0.0, model.coefficient($0.1), unit: $0.2, isMeasured: true) },
                value: self.question.writeRate * perWrite / 1e6,
                unit: "share",
                error: ErrorSummary(model.checks.map(\.error)),
                warnings: Self.warnings(model.ranges, self.configuration),
                remarks: [
                    "Measured with clients that had \(self.load.pipeline) commands on their way at a time, at full load; "
                        + "a primary that is asked less at a time takes more for each write."
                ] + self.processorLimit(model)
            )
        )
    }

    /// The largest number of replicas that the processor allows.
    private func processorLimit(_ model: LinearModel) -> [String] {
        var alone = self.configuration
        alone.replicas = 0
        var one = alone
        one.replicas = 1
        let perReplica = model.value(one) - model.value(alone)
        guard perReplica > 0 else { return [] }
        let most = ((Self.busiest * 1e6 / self.question.writeRate - model.value(alone)) / perReplica).rounded(.down)
        let share = "\(Int(Self.busiest * 100)) % of one processor"
        guard most >= 1 else { return ["At this write rate \(share) is not enough for a single replica."] }
        guard most <= Self.mostReplicas else { return [] }
        let highest = model.ranges[.replicas]?.upperBound ?? 0
        let beyond = most > highest ? " (extrapolated: measured up to \(Int(highest)))" : ""
        return ["\(share) is enough for \(Int(most)) replicas at this write rate\(beyond)."]
    }

    /// Nobody asks for more.
    private static let mostReplicas = 1e6

    static func warnings(_ ranges: Ranges, _ configuration: Configuration) -> [String] {
        // Without keys the data are left out of the question.
        ranges.outside(configuration).filter { $0.0 != .keys || configuration.keys > 0 }.map { coordinate, range in
            func text(_ value: Double) -> String { Self.text(value, of: coordinate) }
            return "\(coordinate.rawValue) \(text(configuration[coordinate])) is outside "
                + "\(text(range.lowerBound))…\(text(range.upperBound)), where it was measured"
        }
    }

    private static func text(_ value: Double, of coordinate: Configuration.Coordinate) -> String {
        switch coordinate {
        case .backlog, .pending: "\(Self.mebibytes(value)) MiB"
        case .replicas, .valueSize, .stalled, .keys: Self.plain(value)
        }
    }

    /// A number without its fraction.
    static func plain(_ value: Double) -> String { "\(Int(max(-Self.longest, min(Self.longest, value.rounded()))))" }

    /// Beyond this a number is not written out.
    private static let longest = 1e15
}
