import Channels
import LogFiles
import Primitives
import ReplicationLog
import Testing

@testable import Server

/// Reading for members that are far behind.
@Suite struct GroupDiskTests {
    private let folder: DataFolder
    private let log: ReplicationLog
    private let disk = GroupDisk()
    private static let base = GroupDisk.Base(seq: 0, mark: .none)
    private static let end: Seq = 100

    init() throws {
        self.folder = try DataFolder()
        self.log = try Self.log(in: self.folder.path + "/log", term: 1)
    }

    /// A hundred records of ten bytes.
    private static func log(in path: String, term: Term) throws -> ReplicationLog {
        let log = try ReplicationLog.open(try FileStorage(path), options: LogOptions(), first: 1).log
        let batch = LogBatch(indexInterval: log.options.indexInterval)
        for lsn in 1...LSN(Self.end) {
            Self.payload(lsn - 1).withUnsafeBytes { batch.append(lsn: lsn, term: term, timestamp: 0, payload: $0) }
        }
        try log.append(batch)
        try log.sync()
        return log
    }

    private static func payload(_ seq: Seq) -> [UInt8] { Array(repeating: UInt8(seq), count: 10) }

    /// What is read of three records at a time.
    private static func job(_ from: Seq, records: Int = 3) -> ReadJob {
        ReadJob(number: from, from: from, byteLimit: records * 30 + 5)
    }

    private static func found(_ seqs: Range<Seq>, term: Term = 1) -> ReadOutcome {
        func record(_ seq: Seq) -> ChannelRecord { ChannelRecord(seq: seq, term: term, payload: Self.payload(seq)) }
        return .found(
            previous: seqs.lowerBound == 0 ? .none : record(seqs.lowerBound - 1).mark,
            records: seqs.map(record),
            firstRetained: 0
        )
    }

    private func read(_ job: ReadJob) -> ReadOutcome { self.disk.read(job, before: Self.end, self.log, Self.base) }

    @Test("what comes next is read ahead, given to whoever asks for just that, and given once")
    func ahead() {
        #expect(self.disk.takeAhead(Self.job(0), self.log) == nil)
        #expect(self.read(Self.job(0)) == Self.found(0..<3))
        #expect(self.disk.takeAhead(Self.job(3), self.log) == nil, "nobody has read it yet")
        self.disk.readAhead(from: 3, Self.job(0), before: Self.end, self.log)
        #expect(self.disk.takeAhead(Self.job(4), self.log) == nil)
        #expect(self.disk.takeAhead(Self.job(3, records: 4), self.log) == nil)
        #expect(self.disk.takeAhead(Self.job(3), self.log) == Self.found(3..<6))
        #expect(self.disk.takeAhead(Self.job(3), self.log) == nil)
        self.disk.readAhead(from: 6, Self.job(3), before: Self.end, self.log)
        #expect(self.read(Self.job(6)) == Self.found(6..<9), "what is ahead counts for who comes later, too")
    }

    @Test("whoever asks for something else gets that, and reading goes on from there")
    func elsewhere() {
        #expect(self.read(Self.job(0)) == Self.found(0..<3))
        self.disk.readAhead(from: 3, Self.job(0), before: Self.end, self.log)
        #expect(self.read(Self.job(50)) == Self.found(50..<53))
        #expect(self.read(Self.job(3, records: 5)) == Self.found(3..<8), "the reader that went ahead is past it")
        #expect(self.read(Self.job(0)) == Self.found(0..<3), "asked again")
        self.disk.readAhead(from: 7, Self.job(0), before: Self.end, self.log)
        #expect(self.disk.takeAhead(Self.job(7), self.log) == nil, "nobody stands there")
    }

    @Test("at the end nothing is read ahead, and nothing beyond it")
    func end() {
        #expect(self.read(Self.job(96)) == Self.found(96..<99))
        self.disk.readAhead(from: 99, Self.job(96), before: Self.end, self.log)
        #expect(self.disk.takeAhead(Self.job(99), self.log) == Self.found(99..<100))
        self.disk.readAhead(from: 100, Self.job(99), before: Self.end, self.log)
        #expect(self.disk.takeAhead(Self.job(100), self.log) == nil)
        #expect(self.read(Self.job(100)) == Self.found(100..<100))
    }

    @Test("what was read of a log that was replaced is not given away")
    func replaced() throws {
        #expect(self.read(Self.job(0)) == Self.found(0..<3))
        self.disk.readAhead(from: 3, Self.job(0), before: Self.end, self.log)
        let other = try Self.log(in: self.folder.path + "/other", term: 2)
        #expect(self.disk.takeAhead(Self.job(3), other) == nil)
        #expect(self.disk.read(Self.job(3), before: Self.end, other, Self.base) == Self.found(3..<6, term: 2))
    }

    @Test("only the mark of the record before is wanted")
    func mark() {
        let job = ReadJob(number: 1, from: 7, byteLimit: 0)
        let mark = ChannelRecord(seq: 6, term: 1, payload: Self.payload(6)).mark
        #expect(self.read(job) == .found(previous: mark, records: [], firstRetained: 0))
    }
}
