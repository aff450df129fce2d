package import Primitives
package import ReplicationLog
import Synchronization

/// An open file of a `FaultyStorage`. A crash ends it.
package final class FaultyFileHandle: StoredFileHandle, Sendable {
    private let storage: FaultyStorage
    private let name: String
    private let file: FaultyFile
    private let life: Int

    init(_ storage: FaultyStorage, name: String, file: FaultyFile, life: Int) {
        self.storage = storage
        self.name = name
        self.file = file
        self.life = life
    }

    package func size() throws(StorageError) -> Int {
        try self.locked("fstat") { (state) throws(StorageError) in
            try state.look("fstat", self.name)
            return self.file.contents.count
        }
    }

    package func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(StorageError) -> Int {
        precondition(offset >= 0, "a read begins within a file or behind it")
        return try self.locked("read") { (state) throws(StorageError) in
            try state.look("read", self.name)
            state.counters.reads += 1
            guard !state.faults.failingReads.includes(state.counters.reads) else { throw .broken("read", self.name) }
            let count = min(buffer.count, max(0, self.file.contents.count - offset))
            guard count > 0 else { return 0 }
            self.file.contents.withUnsafeBytes {
                UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
                    .copyMemory(from: Bytes(rebasing: $0[offset..<(offset + count)]))
            }
            state.counters.bytesRead += count
            return count
        }
    }

    package func write(_ bytes: Bytes, at offset: Int) throws(StorageError) -> Int {
        precondition(offset >= 0, "a write begins within a file or behind it")
        return try self.locked("write") { (state) throws(StorageError) in
            try state.change("write", self.name)
            state.counters.writes += 1
            guard !state.faults.failingWrites.includes(state.counters.writes) else { throw .broken("write", self.name) }
            guard bytes.count > 0 else { return 0 }
            var count = bytes.count
            if state.faults.hasShortWrites, count > 1, Bool.random(using: &state.generator) {
                count = .random(in: 1..<count, using: &state.generator)
            }
            if let end = self.furthestEnd(state) { count = min(count, end - offset) }
            guard count > 0 else { throw .full("write", self.name) }
            self.file.change(.write(Array(bytes[..<count]), offset: offset))
            state.counters.bytesWritten += count
            return count
        }
    }

    package func sync() throws(StorageError) {
        try self.locked("fdatasync") { (state) throws(StorageError) in
            try state.change("fdatasync", self.name)
            state.counters.syncs += 1
            guard state.faults.failingSyncs.includes(state.counters.syncs) else { return self.file.sync() }
            let lasting = state.faults.droppedWritesMayLast ? self.file.lasting(using: &state.generator) : []
            self.file.drop(isStillRead: state.faults.readsSeeDroppedWrites, lasting: lasting)
            throw .broken("fdatasync", self.name)
        }
    }

    package func truncate(to size: Int) throws(StorageError) {
        precondition(size >= 0, "a file has no less than no bytes")
        try self.locked("ftruncate") { (state) throws(StorageError) in
            try state.change("ftruncate", self.name)
            if let end = self.furthestEnd(state), size > end { throw .full("ftruncate", self.name) }
            self.file.change(.truncate(size))
        }
    }

    /// Forgets nothing; counted alone.
    package func uncache(_ range: Range<Int>) {
        self.storage.state.withLock { $0.counters.uncached[self.name, default: 0] += 1 }
    }

    /// The size up to which the file may grow. What it has already may be written over on a full disk.
    private func furthestEnd(_ state: FaultyStorage.State) -> Int? {
        state.faults.capacityBytes.map { self.file.contents.count + max(0, $0 - state.directory.bytes) }
    }

    private func locked<Result: Sendable>(
        _ operation: String,
        _ body: (inout FaultyStorage.State) throws(StorageError) -> Result
    ) throws(StorageError) -> Result {
        try self.storage.locked { (state) throws(StorageError) in
            guard state.life == self.life else {
                let reason = "the file was opened before a crash"
                throw StorageError(.other, operation: operation, file: self.name, reason: reason)
            }
            return try body(&state)
        }
    }
}
