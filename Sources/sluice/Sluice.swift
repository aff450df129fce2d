import ArgumentParser
import Server

@main
struct Sluice: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sluice",
        abstract: "A replication engine, and the harness that measures what replication costs.",
        version: Product.version,
        subcommands: [
            ServeCommand.self, BenchCommand.self, SweepCommand.self, PlanCommand.self, CompareCommand.self,
            ReportCommand.self, CrashTestCommand.self, FailoverTestCommand.self, SimulateCommand.self, LogCommand.self,
            ProxyCommand.self, ExerciseCommand.self,
        ]
    )
}
