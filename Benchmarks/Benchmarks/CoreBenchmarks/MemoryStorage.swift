// A directory in memory, so that what is measured is the log's own work and not a disk's. What is written for nobody to read
// is only counted: an iteration appends more than should be kept.

import Primitives
import ReplicationLog

/// For one thread.
final class MemoryStorage: LogStorage, @unchecked Sendable {
    private var files: [String: MemoryFile] = [:]
    private let keepsBytes: Bool

    init(keepsBytes: Bool) { self.keepsBytes = keepsBytes }

    func list() throws(StorageError) -> [StoredFile] {
        self.files.map { StoredFile(name: $0.key, bytes: $0.value.count) }
    }

    func open(_ name: String, create: Bool) throws(StorageError) -> any StoredFileHandle {
        if let file = self.files[name] { return file }
        guard create else { throw Self.missing("open", name) }
        let file = MemoryFile(keepsBytes: self.keepsBytes)
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
        StorageError(.missing, operation: operation, file: name, reason: "No such file or directory")
    }
}

private final class MemoryFile: StoredFileHandle {
    private(set) var count = 0
    private let keepsBytes: Bool
    private var memory = UnsafeMutableRawBufferPointer(start: nil, count: 0)

    init(keepsBytes: Bool) { self.keepsBytes = keepsBytes }

    deinit { self.memory.deallocate() }

    func size() throws(StorageError) -> Int { self.count }

    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(StorageError) -> Int {
        precondition(self.keepsBytes, "what is read must have been kept")
        let read = max(0, min(buffer.count, self.count - offset))
        guard read > 0 else { return 0 }
        buffer.copyMemory(from: Bytes(rebasing: Bytes(self.memory)[offset..<(offset + read)]))
        return read
    }

    func write(_ bytes: Bytes, at offset: Int) throws(StorageError) -> Int {
        let end = offset + bytes.count
        if self.keepsBytes {
            self.grow(to: end)
            UnsafeMutableRawBufferPointer(rebasing: self.memory[offset..<end]).copyMemory(from: bytes)
        }
        self.count = max(self.count, end)
        return bytes.count
    }

    func sync() throws(StorageError) {}

    func truncate(to size: Int) throws(StorageError) {
        if self.keepsBytes { self.grow(to: size) }
        self.count = size
    }

    private func grow(to size: Int) {
        guard size > self.memory.count else { return }
        let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: max(size, 2 * self.memory.count), alignment: 16)
        larger.initializeMemory(as: UInt8.self, repeating: 0)
        larger.copyMemory(from: Bytes(self.memory))
        self.memory.deallocate()
        self.memory = larger
    }
}
