// What must be there again after a crash, judged from what was sent, what was acknowledged, and what came back.

import Workload

/// The sequence numbers of a load's connections around one crash.
struct RecoveryCheck {
    let logSync: EngineSettings.LogSync
    /// What each connection had written when the round began; it had been read back from disk.
    let base: [UInt64]
    /// The last sequence number that each connection saw acknowledged.
    let acknowledged: [UInt64]
    /// The last one that each connection sent.
    let sent: [UInt64]
    /// What had been acknowledged so long before the crash, the longest first.
    var history: [AcknowledgedMark] = []

    /// What everysec promises: nothing older is lost.
    private static let everysecSeconds = 2.0

    /// Writes that clients saw acknowledged in this round.
    var acknowledgedWrites: UInt64 { zip(self.acknowledged, self.base).reduce(0) { $0 + ($1.0 - $1.1) } }

    /// Judges the last sequence numbers that came back, each at the end of a sequence without gaps.
    ///
    /// With `always` everything acknowledged must be there; with `everysec` what had been acknowledged two seconds before.
    /// And with each of them at least everything that an earlier start read from the disk, for what a process handed to the
    /// kernel survives its death.
    func judge(_ recovered: [UInt64]) -> CrashFindings {
        var findings = CrashFindings()
        for connection in self.base.indices {
            let back = recovered[connection]
            let due = self.due(connection)
            if back < self.acknowledged[connection] { findings.lost += self.acknowledged[connection] - back }
            if back < due {
                findings.problems.append(
                    "connection \(connection): \(back) writes came back where at least \(due) must"
                )
            }
            if back > self.sent[connection] {
                findings.invented += back - self.sent[connection]
                findings.problems.append(
                    "connection \(connection): write \(back) came back, and \(self.sent[connection]) were sent"
                )
            }
        }
        return findings
    }

    private func due(_ connection: Int) -> UInt64 {
        switch self.logSync {
        case .always: self.acknowledged[connection]
        case .no: self.base[connection]
        case .everysec:
            self.history.last { $0.secondsBefore > Self.everysecSeconds }?.through[connection] ?? self.base[connection]
        }
    }

    /// How long before the crash the oldest lost write had been acknowledged, in seconds, as exactly as the marks are
    /// dense; nil when none was lost.
    func oldestLost(_ recovered: [UInt64]) -> Double? {
        guard zip(recovered, self.acknowledged).contains(where: { $0.0 < $0.1 }) else { return nil }
        return self.history.first { mark in zip(recovered, mark.through).contains { $0.0 < $0.1 } }?.secondsBefore ?? 0
    }

    /// Judges the values of a connection's keys: each must be that of the last write to it, given how far the connection
    /// has come.
    /// - Parameters:
    ///   - values: by slot; nil for a key that does not exist.
    static func judge(_ values: [[UInt8]?], connection: Int, through last: UInt64) -> CrashFindings {
        var findings = CrashFindings()
        let slots = UInt64(values.count)
        for (slot, value) in values.enumerated() {
            let due = Self.lastWrite(to: UInt64(slot), of: slots, through: last)
            let key = "connection \(connection), key \(slot)"
            guard let value else {
                guard let due else { continue }
                findings.lost += 1
                findings.problems.append("\(key) is gone; it should hold write \(due)")
                continue
            }
            guard let header = value.withUnsafeBytes({ MutationHeader(reading: $0) }),
                Int(header.connection) == connection
            else {
                findings.invented += 1
                findings.problems.append("\(key) holds a value that was never sent")
                continue
            }
            guard header.sequence != due else { continue }
            let isOld = header.sequence < due ?? 0
            if isOld { findings.lost += 1 } else { findings.invented += 1 }
            let expected = due.map { "write \($0)" } ?? "nothing"
            findings.problems.append("\(key) holds write \(header.sequence) and should hold \(expected)")
        }
        return findings
    }

    /// The last sequence number up to `last` that falls to this slot; they begin at 1.
    private static func lastWrite(to slot: UInt64, of slots: UInt64, through last: UInt64) -> UInt64? {
        let behind = (last % slots + slots - slot) % slots
        return last > behind ? last - behind : nil
    }
}

/// How far each connection had been acknowledged at one moment.
struct AcknowledgedMark: Equatable {
    var secondsBefore: Double
    var through: [UInt64]
}

/// What is wrong after a crash, in numbers and in words.
struct CrashFindings: Equatable {
    /// Acknowledged writes that did not come back.
    var lost: UInt64 = 0
    /// Writes that came back twice or in another order.
    var reordered: UInt64 = 0
    /// What came back and was never sent.
    var invented: UInt64 = 0
    /// What must not be; losses that the policy allows are none.
    var problems: [String] = []

    static func + (left: Self, right: Self) -> Self {
        CrashFindings(
            lost: left.lost + right.lost,
            reordered: left.reordered + right.reordered,
            invented: left.invented + right.invented,
            problems: left.problems + right.problems
        )
    }

    /// A stream that cannot be what was written.
    init(_ error: StreamError) {
        switch error {
        case .violation(.lost(_, let expected, let received)): self.lost = received - expected
        case .violation(.repeated): self.reordered = 1
        case .violation(.damaged), .violation(.unknownConnection): self.invented = 1
        case .gap(let expected, let received):
            if received > expected { self.lost = received - expected } else { self.reordered = 1 }
        case .malformed, .refused: break
        }
        self.problems = ["the stream read back: \(error)"]
    }

    init(lost: UInt64 = 0, reordered: UInt64 = 0, invented: UInt64 = 0, problems: [String] = []) {
        self.lost = lost
        self.reordered = reordered
        self.invented = invented
        self.problems = problems
    }
}
