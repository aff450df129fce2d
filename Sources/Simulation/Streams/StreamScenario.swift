// What decides a run of streams, and what it came to.

package import Primitives
package import Replication
package import ReplicationLog

extension StreamSimulation {
    /// Bugs that can be planted, to see whether they are found.
    package enum Mutant: String, CaseIterable, Sendable {
        /// A replica passes over the first mutation after each resume, and counts it all the same.
        case skipMutation = "skip-mutation"
        /// Links are shown what is not durable, under `always`.
        case showUnsynced = "show-unsynced"
        /// A replica takes a snapshot for that of the position after its own.
        case installAhead = "install-ahead"
        /// A primary goes on under its history after a loss of power, whatever replicas may hold.
        case keepHistory = "keep-history"
        /// A primary does not look at the history that a replica claims.
        case ignoreHistory = "ignore-history"
        /// A replica keeps its own data beside a snapshot's position.
        case keepData = "keep-data"
    }

    /// What decides a run: the same scenario runs the same way on every machine.
    package struct Scenario: Equatable, Sendable {
        package var seed: UInt64
        package var sync: LogSync
        package var mutant: Mutant?

        package init(seed: UInt64, sync: LogSync, mutant: Mutant? = nil) {
            self.seed = seed
            self.sync = sync
            self.mutant = mutant
        }
    }

    /// What a run came to.
    package struct Report: Equatable, Sendable {
        package var scenario: Scenario
        /// The promise that was broken; the run ended there.
        package var violation: String?
        package var replicas = 0
        package var steps = 0
        package var commands = 0
        package var connections = 0
        /// Connections that broke somewhere, and those that did while a snapshot was on its way.
        package var resets = 0
        package var resetsInsideSnapshots = 0
        /// How links were served, by where their streams came from and by why they needed a snapshot.
        package var resumes: [ResumeSource: Int] = [:]
        package var snapshots: [SnapshotCause: Int] = [:]
        package var closings: [LinkCloseCause: Int] = [:]
        package var snapshotsInstalled = 0
        package var snapshotsAbandoned = 0
        /// Losses of power while a snapshot took the place of what a replica has on disk.
        package var interruptedInstallations = 0
        /// Frames that replicas applied.
        package var frames = 0
        /// Chunks that were read from the log for links, and those that could not be.
        package var diskReads = 0
        package var failedReads = 0
        /// Replicas that started again, with nothing and with what their disks had.
        package var emptyRestarts = 0
        package var diskRestarts = 0
        /// Losses of power in the primary, and its ends in order.
        package var crashes = 0
        package var shutdowns = 0
        package var historyChanges = 0
        /// Mutations that a loss of power took from the primary, and replicas that were ahead of it then.
        package var lost = 0
        package var replicasAhead = 0
        package var dumps = 0
        package var segmentsPruned = 0
        /// Times that data was held against what the primary had at the same position.
        package var comparisons = 0
        /// From the end of the faults until everybody was current.
        package var millisecondsToAgree: Milliseconds = 0
        /// A checksum over what happened.
        package var digest: UInt64 = 0xcbf2_9ce4_8422_2325

        init(_ scenario: Scenario) { self.scenario = scenario }

        mutating func mix(_ value: UInt64) { self.digest = (self.digest ^ value) &* 0x100_0000_01b3 }

        /// Adds the counters of another run.
        package mutating func add(_ other: Report) {
            let counters: [WritableKeyPath<Report, Int>] = [
                \.replicas, \.steps, \.commands, \.connections, \.resets, \.resetsInsideSnapshots, \.snapshotsInstalled,
                \.snapshotsAbandoned, \.interruptedInstallations, \.frames, \.diskReads, \.failedReads,
                \.emptyRestarts, \.diskRestarts, \.crashes, \.shutdowns, \.historyChanges, \.lost, \.replicasAhead,
                \.dumps, \.segmentsPruned, \.comparisons,
            ]
            for counter in counters { self[keyPath: counter] += other[keyPath: counter] }
            self.resumes.merge(other.resumes) { $0 + $1 }
            self.snapshots.merge(other.snapshots) { $0 + $1 }
            self.closings.merge(other.closings) { $0 + $1 }
        }

        /// Takes over what a stream counted, at its end.
        mutating func add(_ stream: borrowing Stream) {
            self.resumes.merge(stream.resumes) { $0 + $1 }
            self.snapshots.merge(stream.snapshotCauses) { $0 + $1 }
            self.closings.merge(stream.closed) { $0 + $1 }
        }
    }
}
