// The log on real files: plain system calls on one directory, opened once and kept, so that no later call depends on where
// the process stands or on what its path means by then.
//
// A write beyond a file size limit (`ulimit -f`) raises SIGXFSZ before it fails with EFBIG; a process that wants the error
// instead of its own end ignores that signal.

internal import CLinux
internal import Glibc
package import Primitives
package import ReplicationLog

/// One directory of the file system.
package final class FileStorage: LogStorage {
    /// Only the owner may look at the data.
    private static let directoryMode: mode_t = 0o700
    private static let fileMode: mode_t = 0o600

    private let path: String
    private let directory: Descriptor

    /// Opens a directory, made where it is missing together with those above it.
    package init(_ path: String) throws(StorageError) {
        try Self.make(path)
        self.path = path
        self.directory = try Descriptor("open", path, open: { Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) })
    }

    /// Opens a file anywhere, to be read alone.
    package static func file(at path: String) throws(StorageError) -> any StoredFileHandle {
        StoredFileOnDisk(
            name: path,
            descriptor: try Descriptor("open", path) { Glibc.open(path, O_RDONLY | O_CLOEXEC) }
        )
    }

    package func list() throws(StorageError) -> [StoredFile] {
        // A stream of its own: it owns the descriptor, and its place in the directory is shared with no other thread.
        let descriptor = try uninterrupted("open", self.path) {
            Glibc.openat(self.directory.number, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        }
        guard let stream = fdopendir(descriptor) else {
            let error = StorageError(errno: errno, operation: "fdopendir", file: self.path)
            close(descriptor)
            throw error
        }
        defer { closedir(stream) }
        var files: [StoredFile] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else { break }
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            var facts = stat()
            guard fstatat(descriptor, name, &facts, AT_SYMLINK_NOFOLLOW) == 0 else {
                // Removed in the meantime.
                guard errno == ENOENT else { throw StorageError(errno: errno, operation: "fstatat", file: name) }
                continue
            }
            guard facts.st_mode & S_IFMT == S_IFREG else { continue }
            files.append(StoredFile(name: name, bytes: Int(facts.st_size)))
        }
        guard errno == 0 else { throw StorageError(errno: errno, operation: "readdir", file: self.path) }
        return files
    }

    package func open(_ name: String, create: Bool) throws(StorageError) -> any StoredFileHandle {
        let flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | (create ? O_CREAT : 0)
        return StoredFileOnDisk(
            name: name,
            descriptor: try Descriptor("open", name) {
                Glibc.openat(self.directory.number, name, flags, Self.fileMode)
            }
        )
    }

    package func remove(_ name: String) throws(StorageError) {
        try uninterrupted("unlink", name) { unlinkat(self.directory.number, name, 0) }
    }

    package func rename(_ name: String, to target: String) throws(StorageError) {
        try uninterrupted("rename", name) { renameat(self.directory.number, name, self.directory.number, target) }
    }

    package func syncDirectory() throws(StorageError) {
        try uninterrupted("fsync", self.path) { fsync(self.directory.number) }
    }

    /// Makes a directory and those above it, and their entries safe.
    private static func make(_ path: String) throws(StorageError) {
        guard mkdir(path, Self.directoryMode) != 0 else { return try Self.syncParent(of: path) }
        switch errno {
        case EEXIST:
            return
        case ENOENT:
            let above = Self.parent(of: path)
            // A dangling symbolic link, or an empty path: nothing above it is missing.
            guard above != path else { throw StorageError(errno: ENOENT, operation: "mkdir", file: path) }
            try Self.make(above)
            try uninterrupted("mkdir", path) { mkdir(path, Self.directoryMode) }
            try Self.syncParent(of: path)
        default:
            throw StorageError(errno: errno, operation: "mkdir", file: path)
        }
    }

    private static func syncParent(of path: String) throws(StorageError) {
        let above = Self.parent(of: path)
        let directory = try Descriptor("open", above) { Glibc.open(above, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        try uninterrupted("fsync", above) { fsync(directory.number) }
    }

    private static func parent(of path: String) -> String {
        let trimmed = path.utf8.reversed().drop { $0 == UInt8(ascii: "/") }
        let above = trimmed.drop { $0 != UInt8(ascii: "/") }.drop { $0 == UInt8(ascii: "/") }
        if above.isEmpty { return path.utf8.first == UInt8(ascii: "/") ? "/" : "." }
        return String(decoding: above.reversed(), as: UTF8.self)
    }
}

/// An open file of a `FileStorage`. Offsets travel with every call, so that threads may share it.
package final class StoredFileOnDisk: StoredFileHandle, Sendable {
    private let name: String
    private let descriptor: Descriptor

    fileprivate init(name: String, descriptor: Descriptor) {
        self.name = name
        self.descriptor = descriptor
    }

    package func size() throws(StorageError) -> Int {
        var facts = stat()
        try uninterrupted("fstat", self.name) { fstat(self.descriptor.number, &facts) }
        return Int(facts.st_size)
    }

    package func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(StorageError) -> Int {
        // The system may stop early, for instance after 2 GiB; only the end of the file may show as fewer bytes.
        var filled = 0
        while filled < buffer.count {
            let count = try uninterrupted("read", self.name) {
                pread(
                    self.descriptor.number,
                    buffer.baseAddress.map { $0 + filled },
                    buffer.count - filled,
                    offset + filled
                )
            }
            guard count > 0 else { break }
            filled += count
        }
        return filled
    }

    package func write(_ bytes: Bytes, at offset: Int) throws(StorageError) -> Int {
        guard bytes.count > 0 else { return 0 }
        let count = try uninterrupted("write", self.name) {
            pwrite(self.descriptor.number, bytes.baseAddress, bytes.count, offset)
        }
        // Whoever completes short writes would go on for ever.
        guard count > 0 else { throw StorageError(errno: EIO, operation: "write", file: self.name) }
        self.beginWriteback(offset..<(offset + count))
        return count
    }

    /// Lets the system begin to write each megabyte that is complete, so that a later sync finds little to wait for: at the
    /// log's full rate it held everybody up for a tenth of the time. Only a hint, which promises nothing.
    private func beginWriteback(_ range: Range<Int>) {
        let first = range.lowerBound >> 20
        let last = range.upperBound >> 20
        guard last > first else { return }
        clinux_begin_writeback(self.descriptor.number, Int64(first << 20), Int64((last - first) << 20))
    }

    package func sync() throws(StorageError) {
        try uninterrupted("fdatasync", self.name) { fdatasync(self.descriptor.number) }
    }

    package func uncache(_ range: Range<Int>) {
        clinux_uncache(self.descriptor.number, Int64(range.lowerBound), Int64(range.count))
    }

    package func truncate(to size: Int) throws(StorageError) {
        try uninterrupted("ftruncate", self.name) { ftruncate(self.descriptor.number, size) }
    }
}
