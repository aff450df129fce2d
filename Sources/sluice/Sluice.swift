import ArgumentParser

@main
struct Sluice: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sluice",
        abstract: "A replication engine with its own load harness.",
        subcommands: [BenchCommand.self]
    )
}
