import Foundation
import LogFiles
import Primitives
import ReplicationLog

/// A directory of its own for one test, removed with everything in it.
final class TemporaryDirectory {
    let path: String

    init() {
        var template = Array("/tmp/sluice-log-files-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { preconditionFailure("no temporary directory can be made") }
        self.path = String(cString: made)
    }

    deinit { try? FileManager.default.removeItem(atPath: self.path) }
}

extension StoredFileHandle {
    /// Up to so many bytes from an offset on.
    func bytes(at offset: Int, count: Int) throws -> [UInt8] {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 1)
        defer { buffer.deallocate() }
        return Array(buffer[..<(try self.read(at: offset, into: buffer))])
    }
}
