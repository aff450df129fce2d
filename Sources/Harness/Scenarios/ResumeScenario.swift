// How long until a returning replica is current? Each resume is a fresh connection that asks for the same distance behind
// the tip, follows the stream, and is reset; nobody writes meanwhile. Several that come back at once are a storm.

import Histogram
import Measurement
import Sockets
import Workload

package enum ResumeScenario {
    package static let name = "resume"

    private static let visitor = "bench-resume"
    /// Writes before those that are lacked: the first of a load may come behind a SELECT.
    private static let margin: UInt64 = 1000
    /// After the first full resync in a trial no more than so many attempts are made: the server forks for each.
    private static let fullLimit = 3

    /// Resumes before those that count, with a warm cache: the first ones after a load find a busy machine.
    private static let warmUpAttempts = 5

    /// Durations in nanoseconds, and what became of the attempts of a trial.
    private struct Record {
        var connect = LoadBody.emptyLatency
        var handshake = LoadBody.emptyLatency
        var firstFrame = LoadBody.emptyLatency
        var caughtUp = LoadBody.emptyLatency
        var attempts = 0
        /// Attempts that ended in a full copy or were refused.
        var full = 0
        var failures: [String] = []

        mutating func enter(_ visit: Visit, _ one: ResumeCase) {
            self.attempts += 1
            switch visit.end {
            case .full, .refused: self.full += 1
            case .broken(let error): self.failures.append("a stream could not be followed: \(error)")
            case .reached:
                self.connect.record(visit.connected)
                if let answered = visit.answered { self.handshake.record(answered) }
                if let first = visit.firstFrame { self.firstFrame.record(first) }
                if one.isFollowedToTheTip { self.caughtUp.record(visit.finished) }
            }
        }
    }

    static func run(_ one: ResumeCase, _ session: Session) throws(HarnessError) -> Trial {
        var trial = Trial()
        try session.extend(to: one.records, keys: ResumeCase.keys, valueSize: ResumeCase.valueSize)
        let target = session.target
        if !target.specification.isChild { try Self.renew(one, session) }
        trial.phaseEnded("preload")
        if one.isStorm {
            try Self.storm(one, session, &trial)
            return trial
        }
        try session.attach(one.bystanders, loadSeconds: 0)
        let (start, tip) = try Self.place(one, target)
        // One whom the primary knows: a stranger may be sent a copy where that is cheaper than the log.
        try Self.introduce(session)
        let verifier = StreamVerifier(connections: session.load.state.ledger.last.count)
        func resume(_ attempts: Int) throws(HarnessError) -> Record {
            let replica = try SoloReplica(target)
            var record = Record()
            while record.attempts < attempts, record.full < Self.fullLimit, record.failures.isEmpty {
                try Interruption.check()
                if one.cache == .cold { try PageCache.drop() }
                let goal = one.isFollowedToTheTip ? VisitGoal.position(tip) : .firstFrame
                record.enter(try replica.visit(as: Self.visitor, from: start, verifier, until: goal), one)
            }
            return record
        }
        if one.cache == .warm { _ = try resume(Self.warmUpAttempts) }
        trial.phaseEnded("warm-up")
        let before = try LogCounters(target)
        let record = try resume(one.attempts)
        trial.phaseEnded("measure")
        try session.detach(Self.visitor)
        Self.add(record, to: &trial)
        try Self.addDisk(one, attempts: record.attempts, full: record.full, before, target, &trial)
        trial.phaseEnded("drain")
        return trial
    }

    /// Lets a Sluice primary make a slot for the replica.
    private static func introduce(_ session: Session) throws(HarnessError) {
        guard session.target.dialect == .replicate else { return }
        let here = try session.target.tip()
        guard case .position(let tip, _) = here else { preconditionFailure("a tip is a position") }
        let verifier = StreamVerifier(connections: session.load.state.ledger.last.count)
        _ = try SoloReplica(session.target).visit(as: self.visitor, from: here, verifier, until: .position(tip))
    }

    /// Writes what the replica is to lack once more, so that nothing else is among it: a server that somebody else started may
    /// put PINGs into its stream.
    private static func renew(_ one: ResumeCase, _ session: Session) throws(HarnessError) {
        let records = session.load.state.ledger.count + one.distance + self.margin
        try session.extend(to: records, keys: ResumeCase.keys, valueSize: ResumeCase.valueSize)
    }

    /// Where the replica stands and where the primary does.
    static func place(_ one: ResumeCase, _ target: Target) throws(HarnessError) -> (StartingPoint, UInt64) {
        guard case .position(let tip, let history) = try target.tip() else {
            preconditionFailure("a tip is a position")
        }
        // Redis counts bytes; every command of this load has as many.
        let unit = target.dialect == .psync ? UInt64(SetBatch.commandSize(valueSize: ResumeCase.valueSize)) : 1
        guard tip >= one.distance * unit else {
            throw HarnessError(.targetFailed, "\(target.id) is at \(tip), less than \(one.distance) mutations")
        }
        return (.position(tip - one.distance * unit, history: history), tip)
    }

    private static func add(_ record: Record, to trial: inout Trial) {
        trial.add("resume_connect", nanoseconds: record.connect)
        trial.add("resume_handshake", nanoseconds: record.handshake)
        trial.add("first_frame", nanoseconds: record.firstFrame)
        trial.add("caught_up", nanoseconds: record.caughtUp)
        let share = Double(record.full) / Double(record.attempts)
        trial.add("full_resync_share", share, unit: "ratio", better: .lower)
        trial.invalidate(record.failures)
    }

    /// What the engine asked of its disk, and whether the resumes came from where the case means them to.
    static func addDisk(
        _ one: ResumeCase,
        attempts: Int,
        full: Int,
        _ before: LogCounters?,
        _ target: Target,
        _ trial: inout Trial
    ) throws(HarnessError) {
        guard let before, let after = try LogCounters(target) else {
            // A primary without a log can resume from memory only.
            if one.source == .memory, full > 0 {
                trial.invalidate(["a full resync happened that the scenario did not plan"])
            }
            return
        }
        trial.add("log_record_bytes", after.recordBytes, unit: "B", better: .lower)
        let bytes = Double(after.readBytes - before.readBytes) / Double(attempts)
        trial.add("disk_bytes_per_resume", bytes, unit: "B", better: .lower)
        let (memory, disk) = (after.fromMemory - before.fromMemory, after.fromDisk - before.fromDisk)
        let meant = one.source == .disk ? disk : memory
        if meant != UInt64(attempts) {
            trial.invalidate([
                "of \(attempts) resumes \(memory) came from memory, \(disk) from disk and \(full) were refused, "
                    + "where \(one.source.rawValue) was meant"
            ])
        }
    }
}

/// Counters of the engine's log, from INFO.
struct LogCounters {
    var readBytes: UInt64
    var fromMemory: UInt64
    var fromDisk: UInt64
    /// Bytes of log per record; nil for one without records.
    var recordBytes: Double?

    /// Nil for a server that has none.
    init?(_ target: Target) throws(HarnessError) {
        let info = try target.info("sluice")
        guard let readBytes = info.number("log_read_bytes"), let fromMemory = info.number("resumes_from_memory"),
            let fromDisk = info.number("resumes_from_disk")
        else { return nil }
        self.readBytes = readBytes
        self.fromMemory = fromMemory
        self.fromDisk = fromDisk
        if let bytes = info.number("log_bytes"), let first = info.number("log_first_lsn"),
            let last = info.number("log_last_lsn"), last >= first
        {
            self.recordBytes = Double(bytes) / Double(last - first + 1)
        }
    }
}
