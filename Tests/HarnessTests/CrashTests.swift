import Testing
import Workload

@testable import Harness

@Suite struct RecoveryCheckTests {
    private func check(_ logSync: EngineSettings.LogSync) -> RecoveryCheck {
        RecoveryCheck(logSync: logSync, base: [10, 0], acknowledged: [20, 5], sent: [25, 5])
    }

    @Test("everything acknowledged is enough, and what was sent beyond it may be there", arguments: [20, 23, 25])
    func complete(last: UInt64) {
        for policy in EngineSettings.LogSync.allCases {
            #expect(self.check(policy).judge([last, 5]) == CrashFindings())
        }
        #expect(self.check(.no).acknowledgedWrites == 15)
    }

    @Test("a missing acknowledged write is a fault with always, and only counted with everysec and no")
    func lost() {
        let found = self.check(.always).judge([19, 5])
        #expect(found.lost == 1 && found.problems.count == 1)
        #expect(self.check(.everysec).judge([10, 0]) == CrashFindings(lost: 15))
        #expect(self.check(.no).judge([10, 0]) == CrashFindings(lost: 15))
    }

    @Test("what an earlier start had read may never be missing")
    func base() {
        for policy in EngineSettings.LogSync.allCases {
            #expect(!self.check(policy).judge([9, 5]).problems.isEmpty)
        }
    }

    @Test("with everysec a write may be lost for two seconds, and the age of the oldest lost one is told")
    func everysec() {
        var check = self.check(.everysec)
        check.history = [
            AcknowledgedMark(secondsBefore: 2.4, through: [12, 0]),
            AcknowledgedMark(secondsBefore: 2.1, through: [14, 1]),
            AcknowledgedMark(secondsBefore: 1.9, through: [17, 3]),
            AcknowledgedMark(secondsBefore: 0.1, through: [20, 5]),
        ]
        #expect(check.judge([14, 1]) == CrashFindings(lost: 10))
        #expect(check.oldestLost([14, 1]) == 1.9)
        #expect(check.judge([13, 1]).problems.count == 1)
        #expect(check.oldestLost([20, 4]) == 0.1)
        #expect(check.oldestLost([20, 5]) == nil)
    }

    @Test("what was never sent is invented")
    func invented() {
        let found = self.check(.always).judge([26, 5])
        #expect(found.invented == 1 && found.lost == 0 && found.problems.count == 1)
    }

    private func value(_ connection: UInt32, _ sequence: UInt64) -> [UInt8] {
        var value = [UInt8](repeating: 0, count: 30)
        value.withUnsafeMutableBytes {
            MutationHeader(connection: connection, sequence: sequence).write(to: $0)
        }
        return value
    }

    /// The values of four keys after so many writes.
    private func values(_ last: UInt64) -> [[UInt8]?] {
        var values = [[UInt8]?](repeating: nil, count: 4)
        for sequence in stride(from: 1, through: last, by: 1) { values[Int(sequence % 4)] = self.value(1, sequence) }
        return values
    }

    @Test("every key holds the last write to it", arguments: [0, 1, 3, 4, 5, 8, 11] as [UInt64])
    func keyspace(last: UInt64) {
        #expect(RecoveryCheck.judge(self.values(last), connection: 1, through: last) == CrashFindings())
    }

    @Test("an older, a newer, a missing and a foreign value are told apart")
    func wrongValues() {
        var values = self.values(11)
        values[0] = self.value(1, 4)
        #expect(RecoveryCheck.judge(values, connection: 1, through: 11).lost == 1)
        values[0] = self.value(1, 12)
        #expect(RecoveryCheck.judge(values, connection: 1, through: 11).invented == 1)
        values[0] = nil
        #expect(RecoveryCheck.judge(values, connection: 1, through: 11).lost == 1)
        for foreign in [self.value(2, 8), Array("hello".utf8)] {
            values[0] = foreign
            #expect(RecoveryCheck.judge(values, connection: 1, through: 11).invented == 1)
        }
        var early = self.values(0)
        early[2] = self.value(1, 2)
        #expect(RecoveryCheck.judge(early, connection: 1, through: 0).invented == 1)
    }

    @Test("a broken stream counts as what it is")
    func streams() {
        let lost = StreamViolation.lost(connection: 0, expected: 4, received: 7)
        #expect(CrashFindings(.violation(lost)).lost == 3)
        let repeated = StreamViolation.repeated(connection: 0, expected: 4, received: 3)
        #expect(CrashFindings(.violation(repeated)).reordered == 1)
        #expect(CrashFindings(.violation(.damaged(mutation: 4))).invented == 1)
        #expect(CrashFindings(.gap(expected: 5, received: 8)).lost == 3)
        #expect(CrashFindings(.gap(expected: 5, received: 4)).reordered == 1)
        #expect(CrashFindings(.malformed("x")).problems.count == 1)
    }
}

@Suite struct CrashPartsTests {
    private func record(_ lsn: UInt8, _ payload: String) -> [UInt8] {
        func word(_ low: UInt8, _ bytes: Int) -> [UInt8] { [low] + [UInt8](repeating: 0, count: bytes - 1) }
        let head = Array("RDLW".utf8) + [3] + word(1, 8) + word(lsn, 8) + word(9, 8)
        return head + word(UInt8(payload.utf8.count), 4) + Array(payload.utf8) + [1, 2, 3, 4]
    }

    @Test("records are found where they lie, and a cut one is none")
    func records() {
        let bytes = self.record(7, "abc") + self.record(8, "")
        let found = SegmentRecords(bytes)
        #expect(found.records == [.init(lsn: 7, offset: 0, bytes: 40), .init(lsn: 8, offset: 40, bytes: 37)])
        #expect(found.rest == 0)
        for cut in 40..<77 {
            let short = SegmentRecords(Array(bytes[..<cut]))
            #expect(short.records.count == 1 && short.rest == cut - 40)
        }
        #expect(SegmentRecords([]).records.isEmpty)
    }

    @Test("a tree of files is copied, read, cut and removed")
    func files() throws {
        let directory = try FileTree.makeTemporary("sluice-test")
        defer { FileTree.remove(directory) }
        let (first, second) = (directory + "/a", directory + "/b")
        try FileTree.write(Array("some text".utf8), to: directory + "/file")
        try FileTree.copy(directory, to: first)
        try FileTree.copy(first, to: second)
        #expect(try FileTree.names(in: directory) == ["a", "b", "file"])
        try FileTree.cut(second + "/file", to: 4)
        #expect(try FileTree.contents(of: second + "/file") == Array("some".utf8))
        #expect(try FileTree.contents(of: first + "/file") == Array("some text".utf8))
        FileTree.remove(first)
        #expect(try FileTree.names(in: directory) == ["b", "file"])
        #expect(throws: HarnessError.self) { try FileTree.contents(of: first) }
    }

    @Test("the table stands right-aligned below its heads")
    func table() {
        var tally = CrashTally()
        tally.rounds = 300
        tally.acknowledged = 1_234_567
        tally.longestRecovery = 0.0416
        let lines = tally.table.split(separator: "\n")
        #expect(lines.count == 2 && lines[0].count == lines[1].count)
        #expect(lines[1].hasSuffix("42 ms") && lines[1].hasPrefix("   300"))
    }

    @Test("settings become flags of the server")
    func settings() {
        var settings = EngineSettings()
        #expect(ServerSetting.arguments(settings.forSluice) == ["--fan-out", "shared"])
        settings.dataDirectory = "d"
        settings.logSync = .always
        settings.backlogBytes = 1 << 20
        settings.logIndexInterval = 16
        let words = "--backlog-size 1048576 --data-dir d --log-sync always --log-index-interval 16"
        #expect(ServerSetting.arguments(settings.forSluice).dropFirst(2).joined(separator: " ") == words)
    }
}

@Suite struct CrashPairTests {
    @Test("the table of a pair tells whom it killed and what it took to come together again")
    func table() {
        var tally = CrashPairTally()
        tally.enter(true, false)
        tally.enter(true, true)
        tally.acknowledged = 1234
        tally.longestRecovery = 0.25
        let lines = tally.table.split(separator: "\n")
        #expect(lines.count == 2 && lines[0].count == lines[1].count)
        let values = lines[1].split(separator: " ").map(String.init)
        #expect(values == ["2", "2", "1", "1234", "2", "0", "250", "ms"])
    }
}
