import Benchmark
import Primitives
import RESP
import ReplicationLog

/// The log on a directory in memory: appending, scanning at a start, seeking, and reading on. A record is a `SET` of 64 bytes.
func logBenchmarks() {
    for perTurn in [1, 64, 1024] {
        Benchmark("Log.append.64B.turn\(perTurn)", configuration: Trial.givingOrTakingASegment) {
            (benchmark, bench: LogAppendBench) in
            bench.run(benchmark)
        } setup: {
            LogAppendBench(perTurn: perTurn)
        }
    }
    Benchmark("Log.recover.64B") { (benchmark, bench: LogReadBench) in
        bench.recover(benchmark)
    } setup: {
        LogReadBench(segmentBytes: 64 << 20)
    }
    Benchmark("Log.seek.64B") { (benchmark, bench: LogReadBench) in
        bench.seek(benchmark)
    } setup: {
        LogReadBench(segmentBytes: 256 << 10)
    }
    Benchmark("Log.read.64B") { (benchmark, bench: LogReadBench) in
        bench.read(benchmark)
    } setup: {
        LogReadBench(segmentBytes: 256 << 10)
    }
}

/// Turns as the log's thread sees them: a batch is filled, appended, synced, and given back.
private final class LogAppendBench {
    private let requests: Requests
    private let log: ReplicationLog
    private let batch: LogBatch
    private var next: LSN = 1

    init(perTurn: Int) {
        self.requests = Requests(.set, valueBytes: 64, perTurn: perTurn)
        var options = LogOptions()
        // An iteration is to go over some of them.
        options.segmentBytes = 1 << 20
        self.log = Trial.expectNoError { [options] in
            try ReplicationLog.open(MemoryStorage(keepsBytes: false), options: options).log
        }
        self.batch = LogBatch(indexInterval: self.log.options.indexInterval)
    }

    func run(_ benchmark: Benchmark) {
        let turns = Trial.operations / self.requests.perTurn
        let operations = turns * self.requests.perTurn
        let before = self.log.durable
        Trial.measure(benchmark, operations: operations) {
            for _ in 0..<turns { self.runTurn() }
        }
        precondition(self.log.durable - before == LSN(operations), "records were lost")
    }

    private func runTurn() {
        for index in 0..<self.requests.perTurn {
            let mutation = self.requests.command(index).encoded
            self.batch.append(lsn: self.next, term: LogRecord.defaultTerm, timestamp: 1, payload: mutation)
            self.next += 1
        }
        Trial.expectNoError {
            try self.log.append(self.batch)
            try self.log.sync()
        }
        for batch in self.log.takeReleased() { batch.removeAll() }
    }
}

/// A log of as many records as an iteration has operations.
private final class LogReadBench {
    private static let seeks = 1_000

    private let storage = MemoryStorage(keepsBytes: true)
    private let options: LogOptions
    private let log: ReplicationLog

    init(segmentBytes: Int) {
        var options = LogOptions()
        options.segmentBytes = segmentBytes
        self.options = options
        let requests = Requests(.set, valueBytes: 64, perTurn: 64)
        self.log = Trial.expectNoError { [storage] in
            let log = try ReplicationLog.open(storage, options: options).log
            let batch = LogBatch(indexInterval: options.indexInterval)
            for lsn in 1...LSN(Trial.operations) {
                let mutation = requests.command(Int(lsn) % 64).encoded
                batch.append(lsn: lsn, term: LogRecord.defaultTerm, timestamp: 1, payload: mutation)
                guard lsn % 64 == 0 else { continue }
                try log.append(batch)
                try log.sync()
                for batch in log.takeReleased() { batch.removeAll() }
            }
            // Opened again, so that sealed segments are found by the files beside them.
            return try ReplicationLog.open(storage, options: options).log
        }
        precondition(self.log.last == LSN(Trial.operations), "records were lost")
    }

    /// One operation is a record that is scanned when the log is opened.
    func recover(_ benchmark: Benchmark) {
        Trial.measure(benchmark, operations: Trial.operations) {
            let log = Trial.expectNoError { try ReplicationLog.open(self.storage, options: self.options).log }
            precondition(log.last == LSN(Trial.operations), "records were lost")
        }
    }

    /// One operation is a new reader that finds the record after a position.
    func seek(_ benchmark: Benchmark) {
        // The same places each time: one of them may need a second read where another does not.
        var generator = SeededGenerator(seed: 7)
        Trial.measure(benchmark, operations: Self.seeks) {
            for _ in 0..<Self.seeks {
                let position = Position.random(in: 0..<LSN(Trial.operations), using: &generator)
                precondition(self.records(after: position, through: position + 1) == 1, "the record was not found")
            }
        }
    }

    /// One operation is a record that one reader passes.
    func read(_ benchmark: Benchmark) {
        Trial.measure(benchmark, operations: Trial.operations) {
            let count = self.records(after: 0, through: LSN(Trial.operations))
            precondition(count == Trial.operations, "records were lost")
        }
    }

    private func records(after position: Position, through limit: LSN) -> Int {
        let reader = LogReader(self.storage, self.log.map, after: position)
        var count = 0
        Trial.expectNoError {
            try reader.read(through: limit) { record in
                blackHole(record.payload.baseAddress)
                count += 1
                return true
            }
        }
        return count
    }
}
