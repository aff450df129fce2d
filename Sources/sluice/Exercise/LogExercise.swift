import Engine
import Keyspace
import Primitives
import RESP
import ReplicationLog

/// Records encoded into a batch, appended and synced a turn at a time, to a log that forgets what is written.
final class LogExercise {
    private let turn = Turn()

    func run(_ turns: Int) throws {
        let log = try ReplicationLog.open(ForgetfulStorage(), options: LogOptions()).log
        let batch = LogBatch(indexInterval: log.options.indexInterval)
        var next: LSN = 1
        for _ in 0..<turns {
            for index in 0..<Turn.length {
                let mutation = self.turn.command(index).encoded
                batch.append(lsn: next, term: LogRecord.defaultTerm, timestamp: 1, payload: mutation)
                next += 1
            }
            try log.append(batch)
            try log.sync()
            for released in log.takeReleased() { released.removeAll() }
        }
        precondition(log.durable == LSN(turns * Turn.length), "records were lost")
    }
}

/// Keys written into a snapshot, in slices as a shard does it; one snapshot of all keys after the other.
final class SnapshotExercise {
    private static let sliceBytes = 64 << 10

    private let writer = Writer()
    private var keyspace = Keyspace(seed: 42)

    func run(_ turns: Int) {
        let turn = Turn()
        while self.keyspace.count < Turn.keyCount {
            turn.renew()
            for index in 0..<Turn.length {
                self.keyspace.execute(.set, turn.command(index), self.writer)
                self.keyspace.mutations.removeAll()
            }
            self.writer.removeAll()
        }
        var generator = SeededGenerator(seed: 1)
        let facts = SnapshotFacts(history: History(using: &generator), position: 1, now: 0)
        for _ in 0..<(turns * Turn.length / Turn.keyCount) { self.write(facts) }
    }

    private func write(_ facts: SnapshotFacts) {
        guard let snapshot = SnapshotWriter(on: &self.keyspace, facts) else {
            preconditionFailure("all views are free")
        }
        while !snapshot.write(from: &self.keyspace, into: self.writer, limit: Self.sliceBytes) {
            self.writer.removeAll()
        }
        self.writer.removeAll()
        precondition(snapshot.keyCount == Turn.keyCount, "keys are missing")
    }
}

/// A directory whose files know their sizes and nothing else: what is written is for nobody to read.
private final class ForgetfulStorage: LogStorage, @unchecked Sendable {
    private var files: [String: ForgetfulFile] = [:]

    func list() throws(StorageError) -> [StoredFile] {
        self.files.map { StoredFile(name: $0.key, bytes: $0.value.count) }
    }

    func open(_ name: String, create: Bool) throws(StorageError) -> any StoredFileHandle {
        if let file = self.files[name] { return file }
        guard create else { throw Self.missing("open", name) }
        let file = ForgetfulFile()
        self.files[name] = file
        return file
    }

    func remove(_ name: String) throws(StorageError) {
        guard self.files.removeValue(forKey: name) != nil else { throw Self.missing("unlink", name) }
    }

    func rename(_ name: String, to target: String) throws(StorageError) {
        guard let file = self.files.removeValue(forKey: name) else { throw Self.missing("rename", name) }
        self.files[target] = file
    }

    func syncDirectory() throws(StorageError) {}

    private static func missing(_ operation: String, _ name: String) -> StorageError {
        StorageError(.missing, operation: operation, file: name, reason: "there is no such file")
    }
}

private final class ForgetfulFile: StoredFileHandle {
    private(set) var count = 0

    func size() throws(StorageError) -> Int { self.count }

    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(StorageError) -> Int {
        preconditionFailure("what is read must have been kept")
    }

    func write(_ bytes: Bytes, at offset: Int) throws(StorageError) -> Int {
        self.count = max(self.count, offset + bytes.count)
        return bytes.count
    }

    func sync() throws(StorageError) {}

    func truncate(to size: Int) throws(StorageError) { self.count = size }
}
