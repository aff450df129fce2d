// What the log needs of a disk: one directory of files. The real one is in `LogFiles`; `Simulation` has one that loses what
// was not synced, tears writes and fails on request.

package import Primitives

/// One directory. Used by one writer, and by readers on other threads that only open and read.
package protocol LogStorage: AnyObject, Sendable {
    func list() throws(StorageError) -> [StoredFile]
    /// Opens for reading and writing. The directory entry of a file that was created is safe after `syncDirectory`.
    func open(_ name: String, create: Bool) throws(StorageError) -> any StoredFileHandle
    func remove(_ name: String) throws(StorageError)
    /// Replaces `target`, which need not exist, in one step.
    func rename(_ name: String, to target: String) throws(StorageError)
    func syncDirectory() throws(StorageError)
}

/// An open file. The descriptor is closed with the last reference.
package protocol StoredFileHandle: AnyObject {
    /// Bytes.
    func size() throws(StorageError) -> Int
    /// Reads up to as many bytes as the buffer holds.
    /// - Returns: the bytes read; fewer than asked for, and 0, at the end of the file only.
    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(StorageError) -> Int
    /// Writes what it can.
    /// - Returns: the bytes written, at least one; fewer than given is no error.
    func write(_ bytes: Bytes, at offset: Int) throws(StorageError) -> Int
    /// Makes everything written so far, and the size, survive a loss of power.
    func sync() throws(StorageError)
    func truncate(to size: Int) throws(StorageError)
    /// Says that nobody is expected to read these bytes soon. What of them is on disk need not be kept in memory.
    func uncache(_ range: Range<Int>)
}

package struct StoredFile: Equatable, Sendable {
    package var name: String
    package var bytes: Int

    package init(name: String, bytes: Int) {
        self.name = name
        self.bytes = bytes
    }
}

/// A call on storage that failed.
package struct StorageError: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Code: Equatable, Sendable {
        /// There is no room: the disk is full, or a quota or a file size limit was reached.
        case noSpace
        /// No such file.
        case missing
        case other
    }

    package var code: Code
    /// What was tried, as the name of the system call.
    package var operation: String
    package var file: String
    /// The system's words.
    package var reason: String

    package init(_ code: Code, operation: String, file: String, reason: String) {
        self.code = code
        self.operation = operation
        self.file = file
        self.reason = reason
    }

    package var description: String { "\(self.operation) \(self.file): \(self.reason)" }
}

extension LogStorage {
    /// The whole of a small file; nil when there is none.
    package func contents(of name: String) throws(StorageError) -> [UInt8]? {
        let file: any StoredFileHandle
        do throws(StorageError) {
            file = try self.open(name, create: false)
        } catch {
            guard error.code == .missing else { throw error }
            return nil
        }
        var bytes = [UInt8](repeating: 0, count: try file.size())
        var filled = 0
        while filled < bytes.count {
            var failure: StorageError?
            let count = bytes.withUnsafeMutableBytes { buffer in
                do throws(StorageError) {
                    return try file.read(at: filled, into: UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]))
                } catch {
                    failure = error
                    return 0
                }
            }
            if let failure { throw failure }
            guard count > 0 else { break }
            filled += count
        }
        bytes.removeLast(bytes.count - filled)
        return bytes
    }

    /// Replaces a small file so that after a crash either the old or the new contents are there, whole: write, sync,
    /// rename, sync the directory.
    package func replace(_ name: String, with bytes: [UInt8]) throws(StorageError) {
        let draft = name + ".new"
        let file = try self.open(draft, create: true)
        try file.truncate(to: 0)
        try file.writeAll(bytes, at: 0)
        try file.sync()
        try self.rename(draft, to: name)
        try self.syncDirectory()
    }
}

extension StoredFileHandle {
    /// A hint alone, without which everything works as well.
    package func uncache(_ range: Range<Int>) {}

    /// Writes all bytes, completing short writes.
    package func writeAll(_ bytes: Bytes, at offset: Int) throws(StorageError) {
        var written = 0
        while written < bytes.count {
            written += try self.write(Bytes(rebasing: bytes[written...]), at: offset + written)
        }
    }

    package func writeAll(_ bytes: [UInt8], at offset: Int) throws(StorageError) {
        var failure: StorageError?
        bytes.withUnsafeBytes { buffer in
            do throws(StorageError) {
                try self.writeAll(buffer, at: offset)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
    }
}
