import ArgumentParser
import Foundation
import Harness

/// `sluice crash-test`: kills this engine again and again and checks what comes back.
struct CrashTestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "crash-test",
        abstract: "Kill this engine under load, again and again, and check what comes back.",
        discussion: """
            Every round starts from the data of the one before: clients write, the server is killed by SIGKILL after 50 to \
            300 ms and started again, and then the stream is read back by a replica and every key by a client. With \
            always, every acknowledged write must be there; with everysec and no, the writes of each client that are \
            there must be its first ones, and nothing may be missing that an earlier round read back or, with everysec, \
            that had been acknowledged two seconds before.

            With --pair a primary and a replica, each with data of its own, are killed at random, one or the other and \
            sometimes both. After each recovery the replica must catch up and the digests of both must agree; with \
            always, and nothing else than kills, no full copy may have been needed.

            With --torn-tails the last record of a log is cut behind each of its bytes instead, and a server started on \
            each cut.

            Exit status: 0 nothing is missing, 1 something is or the test could not be made, 64 wrong usage. The data of a \
            test that failed are kept.
            """
    )

    @Option(help: "Crashes.")
    var rounds = 100

    @Option(help: "When the engine syncs its log: always, everysec or no.")
    var logSync = EngineSettings.LogSync.always

    @Option(help: "Seed of loads and moments.")
    var seed: UInt64 = 1

    @Flag(help: "Kill a primary or its replica at random, and compare the two.")
    var pair = false

    @Flag(help: "Cut the last record at every byte, instead of rounds.")
    var tornTails = false

    @Flag(help: "Keep the data of a test that went well, too.")
    var keep = false

    func validate() throws {
        guard (1...1_000_000).contains(self.rounds) else { throw ValidationError("--rounds takes 1 to 1000000.") }
        guard !self.pair || !self.tornTails else {
            throw ValidationError("--pair and --torn-tails exclude each other.")
        }
    }

    func run() throws {
        Interruption.catchSignals()
        let plan = CrashPlan(rounds: self.rounds, logSync: self.logSync, seed: self.seed, tell: Self.tell)
        if self.tornTails {
            let test = try TornTails(logSync: self.logSync, tell: Self.tell)
            try self.perform(in: test.directory, test.removeData) { () throws(HarnessError) in try test.run() }
        } else if self.pair {
            let test = try CrashPair(plan)
            defer { print("pair, log-sync \(self.logSync.rawValue), seed \(self.seed)\n\(test.tally.table)") }
            try self.perform(in: test.directory, test.removeData) { () throws(HarnessError) in try test.run() }
        } else {
            let test = try CrashTest(plan)
            defer { print("log-sync \(self.logSync.rawValue), seed \(self.seed)\n\(test.tally.table)") }
            try self.perform(in: test.directory, test.removeData) { () throws(HarnessError) in try test.run() }
        }
    }

    /// Progress goes to the standard output at once, also when that is a pipe.
    private static func tell(_ line: String) {
        print(line)
        fflush(nil)
    }

    private func perform(
        in directory: String,
        _ removeData: () -> Void,
        _ test: () throws(HarnessError) -> Void
    ) throws {
        do throws(HarnessError) {
            try test()
        } catch {
            FileHandle.standardError.write(Data("sluice crash-test: \(error)\nthe data are in \(directory)\n".utf8))
            throw ExitCode(1)
        }
        if self.keep { print("the data are in \(directory)") } else { removeData() }
    }
}

extension EngineSettings.LogSync: ExpressibleByArgument {}
