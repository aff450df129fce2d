// Cuts the last record of a log at every byte, as a crash may, and looks at what a server makes of each cut: it must come
// up with exactly the records before, answer reads, take writes, and still have those after another crash.

import Glibc
import Sockets
import Workload

package final class TornTails {
    private static let writes = 20
    /// Servers that start side by side: what one waits for, another computes.
    private static let width = 4
    private static let settleSeconds = 0.2

    private let logSync: EngineSettings.LogSync
    private let tell: (String) -> Void
    package let directory: String

    package init(logSync: EngineSettings.LogSync, tell: @escaping (String) -> Void) throws(HarnessError) {
        self.logSync = logSync
        self.tell = tell
        self.directory = try FileTree.makeTemporary("sluice-torn")
    }

    package func removeData() { FileTree.remove(self.directory) }

    private func settings(_ data: String) -> EngineSettings {
        var settings = EngineSettings()
        settings.dataDirectory = data
        settings.logSync = self.logSync
        return settings
    }

    /// - Throws: at the first cut that a server does not recover from as it must.
    package func run() throws(HarnessError) {
        let original = self.directory + "/original"
        try self.write(to: original)
        let folder = "/shard-0/log"
        let segments = try FileTree.names(in: original + folder).filter { $0.hasSuffix(".rdlw") }
        guard let segment = segments.last else {
            throw HarnessError(.targetFailed, "there is no segment in \(original)\(folder)")
        }
        let found = SegmentRecords(try FileTree.contents(of: "\(original)\(folder)/\(segment)"))
        guard let last = found.records.last, last.lsn == UInt64(Self.writes), found.rest == 0 else {
            throw HarnessError(
                .targetFailed,
                "\(segment) ends at LSN \(found.records.last?.lsn ?? 0) and \(found.rest) bytes, where \(Self.writes) were written"
            )
        }
        self.tell("cutting the last record, \(last.bytes) bytes, behind each of its bytes")
        for first in stride(from: 0, through: last.bytes, by: Self.width) {
            try Interruption.check()
            let cuts = Array(first...min(first + Self.width - 1, last.bytes))
            let copies = cuts.map { "\(self.directory)/cut-\($0)" }
            for (cut, copy) in zip(cuts, copies) {
                try FileTree.copy(original, to: copy)
                try FileTree.cut("\(copy)\(folder)/\(segment)", to: last.offset + cut)
            }
            try self.judge(copies, tips: cuts.map { $0 < last.bytes ? last.lsn - 1 : last.lsn })
            for copy in copies { FileTree.remove(copy) }
        }
        self.tell("every one of the \(last.bytes + 1) cuts was recovered from, twice")
    }

    private func write(to data: String) throws(HarnessError) {
        let target = try TargetLauncher.launch(.bundled, self.settings(data))
        defer { target.stop() }
        for number in 1...Self.writes { try Self.set(target, number) }
        try Wait.seconds(Self.settleSeconds)
        target.child?.crash()
    }

    private static func set(_ target: Target, _ number: Int) throws(HarnessError) {
        let reply = try target.control.ask("SET", "k\(number)", "v\(number)")
        guard reply == .simple("OK") else { throw HarnessError(.targetFailed, "a write was answered with \(reply)") }
    }

    /// Starts a server on each copy, checks it, writes to it, kills it, and checks it again.
    private func judge(_ copies: [String], tips: [UInt64]) throws(HarnessError) {
        for isSecond in [false, true] {
            var starting: [StartingEngine] = []
            defer { for engine in starting { engine.child.stop() } }
            for copy in copies { starting.append(try TargetLauncher.begin(self.settings(copy))) }
            for (index, engine) in starting.enumerated() {
                do throws(HarnessError) {
                    let target = try engine.target()
                    try Self.check(target, tip: isSecond ? tips[index] + 1 : tips[index])
                    if !isSecond { try Self.set(target, Int(tips[index]) + 1) }
                } catch {
                    let when = isSecond ? "after a write and another crash" : "as it was cut"
                    throw HarnessError(error.code, "\(copies[index]), \(when): \(error.message)")
                }
            }
            if !isSecond { try Wait.seconds(self.logSync == .always ? 0 : Self.settleSeconds) }
            for engine in starting { engine.child.crash() }
        }
    }

    /// Writes 1 … tip are there, nothing else is, and a newcomer reads them.
    private static func check(_ target: Target, tip: UInt64) throws(HarnessError) {
        guard case .position(tip, _) = try target.tip() else {
            throw HarnessError(.targetFailed, "the tip is \(try target.tip()) where \(tip) was due")
        }
        for number in 1...(Int(tip) + 1) {
            let due: Reply = number <= Int(tip) ? .bulk("v\(number)") : .bulk(nil)
            let reply = try target.control.ask("GET", "k\(number)")
            guard reply == due else { throw HarnessError(.targetFailed, "k\(number) is \(reply) where \(due) was due") }
        }
        let verifier = StreamVerifier(behind: Ledger(connections: 1))
        let visit = try SoloReplica(target).visit(as: "torn", from: .nothing, verifier, until: .position(tip))
        guard visit.end == .reached, visit.reader?.otherCommands == tip else {
            throw HarnessError(.targetFailed, "a newcomer's stream ended so: \(visit.end)")
        }
    }
}
