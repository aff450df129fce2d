import ArgumentParser
import Foundation
import Harness

/// `sluice failover-test`: takes the leader of a replicated group away under load, again and again, and checks what is left.
struct FailoverTestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "failover-test",
        abstract: "Take the leader of a group away under load, again and again, and check what is left.",
        discussion: """
            Three members run as processes of their own; clients write values that are all different, find the leader as \
            clients of Redis Cluster do, and note what was acknowledged. In each round the leader is killed (SIGKILL), stopped \
            for a while (SIGSTOP), or cut off from the others by proxies between them, in both directions or in one (one-way). \
            Once another member has acknowledged a write, the victim comes back; then all members must have the same data, and \
            under the quorum policy everything that was acknowledged. Other clients read with READ CONSISTENT, some of them \
            from the leader that was left behind: nobody may see less than was known when he asked.

            With --fault slow-disk every sync of the leader takes longer by 0.6 heartbeats for a while, and with --fault \
            clock-jump its clock of the day jumps by up to a day; both take a C compiler. Under the nearest policy members \
            discard what the leader lacks, and keep it aside: what they count must be what they kept, every acknowledged \
            write that is gone must be in it, and nothing that nobody wrote.

            With --fault flood the leader is left alone: there are four members and a fifth that sends 100 000 heartbeats a second, \
            strangers talk to every port, and in each round a follower is killed, comes back, catches up and is stopped.

            Exit status: 0 all is well, 1 it is not or the test could not be made, 64 wrong usage. The data of a test that \
            failed are kept.
            """
    )

    @Option(help: "Faults.")
    var rounds = 10

    @Option(help: "How members elect: quorum or nearest.")
    var policy = GroupPolicy.quorum

    @Option(help: "What happens to the leader: kill, pause, partition, one-way, slow-disk, clock-jump or flood.")
    var fault = GroupTestPlan.Fault.kill

    @Option(help: "Milliseconds between two heartbeats of the members.")
    var heartbeat = 500

    @Option(help: "Clients that write at the same time.")
    var writers = 8

    @Option(help: "Seed of the moments.")
    var seed: UInt64 = 1

    @Flag(help: "Keep the data of a test that went well, too.")
    var keep = false

    func validate() throws {
        guard (1...100_000).contains(self.rounds) else { throw ValidationError("--rounds takes 1 to 100000.") }
        guard (100...10_000).contains(self.heartbeat) else { throw ValidationError("--heartbeat takes 100 to 10000.") }
        guard (1...256).contains(self.writers) else { throw ValidationError("--writers takes 1 to 256.") }
    }

    func run() throws {
        Interruption.catchSignals()
        var plan = GroupTestPlan { line in
            print(line)
            fflush(nil)
        }
        plan.rounds = self.rounds
        plan.policy = self.policy
        plan.fault = self.fault
        plan.heartbeatMilliseconds = self.heartbeat
        plan.writers = self.writers
        plan.seed = self.seed
        do throws(HarnessError) {
            switch self.fault {
            case .kill, .pause, .partition, .oneWay, .slowDisk, .clockJump: try self.run(try GroupTest(plan))
            case .flood: try self.run(try FloodTest(plan))
            }
        } catch {
            FileHandle.standardError.write(Data("sluice failover-test: \(error)\n".utf8))
            throw ExitCode(1)
        }
    }
}

/// A test on real members that leaves data behind.
private protocol MembersTest {
    var directory: String { get }
    var summary: String { get }
    func run() throws(HarnessError)
    func removeData()
}

extension GroupTest: MembersTest { fileprivate var summary: String { self.tally.table } }
extension FloodTest: MembersTest { fileprivate var summary: String { self.tally.table } }

extension FailoverTestCommand {
    private func run(_ test: some MembersTest) throws(HarnessError) {
        do throws(HarnessError) {
            try test.run()
        } catch {
            print(test.summary)
            throw HarnessError(error.code, "\(error)\nthe data are in \(test.directory)")
        }
        print("\(self.policy.rawValue), \(self.fault.rawValue), heartbeat \(self.heartbeat) ms, seed \(self.seed)")
        print(test.summary)
        if self.keep { print("the data are in \(test.directory)") } else { test.removeData() }
    }
}

extension GroupPolicy: ExpressibleByArgument {}
extension GroupTestPlan.Fault: ExpressibleByArgument {}
