// Two processes that write the same files destroy them. The first takes flock(2) on the file `lock` and keeps it as long as
// it lives; the kernel lets go of it even after a kill. The file itself stays: removing it would let two processes hold
// locks on two files of one name.

internal import Glibc
package import ReplicationLog

/// A directory held by this process alone, until the last reference goes. A second lock on it fails in the same process too.
package final class DirectoryLock: Sendable {
    package static let fileName = "lock"

    private let descriptor: Descriptor

    /// - Parameter directory: one that exists.
    /// - Throws: an error that names the holder when another process has it.
    package init(_ directory: String) throws(StorageError) {
        let path = directory + "/" + Self.fileName
        let descriptor = try Descriptor("open", path) {
            open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, mode_t(0o600))
        }
        var code: CInt = 0
        do throws(StorageError) {
            try uninterrupted("flock", path) {
                let status = flock(descriptor.number, LOCK_EX | LOCK_NB)
                if status != 0 { code = errno }
                return status
            }
        } catch {
            guard code == EWOULDBLOCK else { throw error }
            let holder = Self.holder(of: descriptor).map { " (pid \($0))" } ?? ""
            throw StorageError(
                .other,
                operation: "lock",
                file: directory,
                reason: "another process\(holder) uses this directory; stop it or give another directory"
            )
        }
        self.descriptor = descriptor
        Self.sign(descriptor)
    }

    /// Leaves the process number for the message that the next one gives. Whether that works matters to nobody else.
    private static func sign(_ descriptor: Descriptor) {
        let line = Array("\(getpid())\n".utf8)
        guard ftruncate(descriptor.number, 0) == 0 else { return }
        _ = pwrite(descriptor.number, line, line.count, 0)
    }

    private static func holder(of descriptor: Descriptor) -> Int? {
        var line = [UInt8](repeating: 0, count: 20)
        let count = pread(descriptor.number, &line, line.count, 0)
        guard count > 0 else { return nil }
        return Int(String(decoding: line[..<count].prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self))
    }
}
