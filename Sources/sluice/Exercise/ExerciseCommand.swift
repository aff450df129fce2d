// `sluice exercise`: a core alone, so many operations, and nothing else: what an instruction counter is pointed at.

import ArgumentParser
import Harness

struct ExerciseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exercise",
        abstract: "Run one of the cores alone, for a counter of instructions.",
        discussion: "`sluice bench --counts` runs it under valgrind; by itself it measures nothing.",
        shouldDisplay: false
    )

    @Argument(help: "set, delivery, log or snapshot.")
    var exercise: CoreExercise

    @Option(help: "How often, in whole turns of 64; snapshots are of 2048 keys each.")
    var operations = 2048

    func validate() throws {
        guard (1...10_000_000).contains(self.operations) else {
            throw ValidationError("--operations takes 1 to 10000000.")
        }
    }

    func run() throws {
        let turns = (self.operations + Turn.length - 1) / Turn.length
        switch self.exercise {
        case .set: EngineExercise().run(turns)
        case .delivery: DeliveryExercise().run(turns)
        case .log: try LogExercise().run(turns)
        case .snapshot: SnapshotExercise().run(turns)
        }
        print(CoreExercise.farewell(self.exercise, operations: self.operations))
    }
}

extension CoreExercise: ExpressibleByArgument {}
