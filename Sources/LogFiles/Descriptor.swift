// What every system call of this module goes through: owned descriptors, calls that begin again after a signal, and the
// system's error numbers as errors of the log.

internal import Glibc
package import ReplicationLog

/// A descriptor that is closed with its last reference.
final class Descriptor: Sendable {
    let number: CInt

    init(_ operation: String, _ file: String, open: () -> CInt) throws(StorageError) {
        self.number = try uninterrupted(operation, file, open)
    }

    deinit {
        // Never a second time, not even after EINTR: the number may belong to somebody else by then.
        close(self.number)
    }
}

/// Makes a system call, again while a signal interrupts it.
/// - Throws: what the call left in `errno` when it returned a negative number.
@discardableResult
func uninterrupted<Result: SignedInteger>(
    _ operation: String,
    _ file: String,
    _ call: () -> Result
) throws(StorageError) -> Result {
    while true {
        let result = call()
        if result >= 0 { return result }
        let code = errno
        guard code == EINTR else { throw StorageError(errno: code, operation: operation, file: file) }
    }
}

extension StorageError {
    package init(errno code: CInt, operation: String, file: String) {
        self.init(Self.code(of: code), operation: operation, file: file, reason: Self.words(for: code))
    }

    private static func code(of number: CInt) -> Code {
        switch number {
        case ENOSPC, EDQUOT, EFBIG: .noSpace
        case ENOENT: .missing
        default: .other
        }
    }

    /// Not `strerror`, whose buffer belongs to all threads.
    private static func words(for number: CInt) -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 128) { buffer in
            guard let base = buffer.baseAddress else { return "error \(number)" }
            base.initialize(repeating: 0, count: buffer.count)
            // The last byte stays zero.
            strerror_r(number, base, buffer.count - 1)
            return String(cString: base)
        }
    }
}
