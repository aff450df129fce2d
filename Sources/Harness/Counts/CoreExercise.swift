// The cores of this engine run alone, a set number of operations each, so that their instructions can be counted: a processor
// in software (valgrind's callgrind) executes the same ones each time.

import CLinux
import Glibc
import Sockets

package enum CoreExercise: String, CaseIterable, Sendable {
    /// A `SET` parsed, executed, numbered into the backlog and answered.
    case set
    /// A mutation numbered into the backlog and taken by four links.
    case delivery
    /// A record encoded into a batch and appended to a log in memory.
    case log
    /// A key written into a snapshot.
    case snapshot

    package var metric: String {
        switch self {
        case .set: "instructions_per_set"
        case .delivery: "instructions_per_delivery"
        case .log: "instructions_per_log_record"
        case .snapshot: "instructions_per_snapshot_key"
        }
    }

    /// What the engine's command prints when it is through; another build may not know the command.
    package static func farewell(_ exercise: CoreExercise, operations: Int) -> String {
        "exercised \(exercise.rawValue) \(operations)"
    }

    /// Two lengths: what the longer one takes more belongs to the operations alone.
    private static let lengths = [2048, 8192]
    /// Callgrind is some fifty times slower than the processor; the start of the program takes most of it.
    private static let longestSeconds = 120.0

    /// Instructions per operation.
    /// - Throws: with the reason why they cannot be counted.
    static func instructions(
        of exercise: CoreExercise,
        _ target: TargetSpecification
    ) throws(HarnessError) -> Double {
        guard case .child(let executable) = target.place, target.product == .sluice else {
            throw HarnessError(.targetUnavailable, "the cores of another product cannot be run alone")
        }
        guard let valgrind = ChildProcess.find("valgrind") else {
            throw HarnessError(.targetUnavailable, "valgrind is not installed (Debian: apt install valgrind)")
        }
        let bare = try self.withoutDebuggingFacts(try TargetLauncher.executable(executable))
        defer { bare.folder.map { clinux_remove_tree($0) } }
        var counts: [UInt64] = []
        for length in self.lengths { counts.append(try self.count(exercise, length, bare.path, valgrind)) }
        return (Double(counts[1]) - Double(counts[0])) / Double(self.lengths[1] - self.lengths[0])
    }

    /// Tools that copy a program without what a debugger wants to know of it, from binutils or LLVM.
    private static let strippers = ["strip", "llvm-strip", "objcopy", "llvm-objcopy"]

    /// Valgrind reads what there is for debuggers before anything else, and older ones give up on what newer compilers write.
    /// - Returns: a copy in a folder of its own; the program itself where no tool makes one.
    private static func withoutDebuggingFacts(_ path: String) throws(HarnessError) -> (path: String, folder: String?) {
        guard let tool = self.strippers.lazy.compactMap(ChildProcess.find).first else { return (path, nil) }
        let folder = try FileTree.makeTemporary("sluice-count")
        let copy = "\(folder)/sluice"
        let isCopier = tool.hasSuffix("objcopy")
        let arguments = isCopier ? ["--strip-debug", path, copy] : ["--strip-debug", "-o", copy, path]
        let child = try ChildProcess(tool, arguments, environment: [:])
        defer { child.stop() }
        try Wait.until("\(tool) had made a copy", withinSeconds: self.longestSeconds) { () throws(HarnessError) in
            !child.isAlive()
        }
        return (access(copy, X_OK) == 0 ? copy : path, folder)
    }

    private static func count(
        _ exercise: CoreExercise,
        _ operations: Int,
        _ path: String,
        _ valgrind: String
    ) throws(HarnessError) -> UInt64 {
        let profile = "callgrind.out"
        let child = try ChildProcess(
            valgrind,
            [
                "--tool=callgrind", "--callgrind-out-file=\(ChildProcess.directoryPlaceholder)/\(profile)", path,
                "exercise", exercise.rawValue, "--operations", String(operations),
            ],
            // Hashes of the standard library take another seed in each process otherwise.
            environment: ["SWIFT_DETERMINISTIC_HASHING": "1"]
        )
        defer { child.stop() }
        try Wait.until("callgrind had counted", withinSeconds: self.longestSeconds) { () throws(HarnessError) in
            !child.isAlive()
        }
        guard child.outputTail.contains(self.farewell(exercise, operations: operations)) else {
            throw HarnessError(.targetUnavailable, "this build has no exercise '\(exercise.rawValue)' of its cores")
        }
        guard let count = child.file(profile).flatMap(InstructionOutput.count) else {
            throw HarnessError(.targetUnavailable, "valgrind left no profile")
        }
        return count
    }
}
