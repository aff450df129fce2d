import ArgumentParser
import Server

@main
struct Sluice: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sluice",
        abstract: "A replication engine, and the harness that measures what replication costs.",
        version: Product.version,
        subcommands: [
            ServeCommand.self, BenchCommand.self, CompareCommand.self, SweepCommand.self, PlanCommand.self,
            ReportCommand.self, CrashTestCommand.self, LogCommand.self,
        ]
    )
}
