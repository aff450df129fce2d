import Primitives
import ReplicationLog

extension StoredFileHandle {
    /// Up to so many bytes from an offset on.
    func bytes(at offset: Int = 0, count: Int = 1 << 20) throws -> [UInt8] {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 1)
        defer { buffer.deallocate() }
        return Array(buffer[..<(try self.read(at: offset, into: buffer))])
    }

    /// One write.
    func write(_ bytes: [UInt8], at offset: Int) throws -> Int {
        try bytes.withUnsafeBytes { try self.write($0, at: offset) }
    }
}
