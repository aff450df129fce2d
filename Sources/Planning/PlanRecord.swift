// A plan as it is printed and kept: questions, answers with their formulas and inputs, and how far the formulas were off on
// what they had not seen.

package import Measurement

/// What the user wants to run.
package struct PlanQuestion: Sendable, Codable, Equatable {
    /// Writes a second.
    package var writeRate = 10_000.0
    /// Bytes of one value.
    package var valueSize = 1024.0
    package var keys = 0.0
    /// Replicas that read.
    package var replicas = 1.0
    /// Replicas that stopped reading, beside them.
    package var stalled = 0.0
    /// Seconds that a replica may be away and still resume.
    package var outage = 60.0
    /// Bytes of recent mutations to keep in memory; nil: what the outage takes.
    package var backlog: Double?
    /// What the primary's network carries, in bytes a second; nil: unknown.
    package var linkSpeed: Double?

    package init() {}
}

/// A number that a formula takes.
package struct PlanInput: Sendable, Codable, Equatable {
    package var name: String
    package var value: Double
    package var unit: String
    /// Whether it was measured, or given by the user.
    package var isMeasured: Bool

    package init(_ name: String, _ value: Double, unit: String, isMeasured: Bool = false) {
        self.name = name
        self.value = value
        self.unit = unit
        self.isMeasured = isMeasured
    }
}

package struct PlanAnswer: Sendable, Codable, Equatable {
    package var question: String
    package var formula: String
    package var inputs: [PlanInput]
    package var value: Double
    package var unit: String
    /// For times: what single trials were off by lies between these.
    package var low: Double?
    package var high: Double?
    /// How far the formula was off on whole configurations held out of the fit; nil where nothing was held out.
    package var error: ErrorSummary?
    /// Where the question leaves what was measured.
    package var warnings: [String]
    /// What else belongs to the answer.
    package var remarks: [String]

    package init(
        _ question: String,
        formula: String,
        inputs: [PlanInput],
        value: Double,
        unit: String,
        low: Double? = nil,
        high: Double? = nil,
        error: ErrorSummary? = nil,
        warnings: [String] = [],
        remarks: [String] = []
    ) {
        self.question = question
        self.formula = formula
        self.inputs = inputs
        self.value = value
        self.unit = unit
        self.low = low
        self.high = high
        self.error = error
        self.warnings = warnings
        self.remarks = remarks
    }
}

/// One prediction of a configuration that was held out.
package struct PlanCheck: Sendable, Codable, Equatable {
    package var quantity: String
    package var unit: String
    package var configuration: Configuration
    package var predicted: Double
    package var measured: Double
    package var lowest: Double
    package var highest: Double
    /// Signed, as a share of what was measured.
    package var error: Double
    /// Times depend on what else the machine does: their errors are shown and not judged.
    package var isTime: Bool

    package init(_ quantity: String, unit: String, isTime: Bool = false, _ check: Check) {
        self.quantity = quantity
        self.unit = unit
        self.configuration = check.observation.configuration
        self.predicted = check.predicted
        self.measured = check.observation.value
        self.lowest = check.observation.lowest
        self.highest = check.observation.highest
        self.error = check.error
        self.isTime = isTime
    }
}

package struct PlanRecord: Sendable, Codable, Equatable {
    package static let currentSchemaVersion = 1

    package var schemaVersion = PlanRecord.currentSchemaVersion
    /// The name of the run that it rests on, when that was measured, and on what.
    package var run: String
    package var measuredAt: String
    package var target: String
    package var product: String
    package var machine: [Parameter]
    package var question: PlanQuestion
    package var answers: [PlanAnswer]
    package var checks: [PlanCheck]
    /// What the run could not answer, and what to do about it.
    package var missing: [String]

    package init(_ run: RunRecord, target: String, question: PlanQuestion) {
        self.run = run.name
        self.measuredAt = run.startedAt
        self.target = target
        self.product = run.targets.first { $0.id == target }?.product ?? target
        self.machine = run.environment.first { $0.title == "machine" }?.facts ?? []
        self.question = question
        self.answers = []
        self.checks = []
        self.missing = []
    }

    /// The errors of everything that is judged: bytes, memory and processor time.
    package var judged: ErrorSummary? { ErrorSummary(self.checks.filter { !$0.isTime }.map(\.error)) }
}
