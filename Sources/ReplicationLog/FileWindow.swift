// A file read forward through a buffer of bounded size, which grows for a single larger record only.

import Primitives

struct FileWindow: ~Copyable {
    private let file: any StoredFileHandle
    private var buffer: UnsafeMutableRawBufferPointer
    private var start = 0
    private var count = 0
    /// Bytes that the next read asks for; doubled by each, so that somebody who wants one record does not wait for many.
    private var readAheadBytes: Int
    /// Bytes asked of the file system.
    private(set) var askedBytes = 0

    static let shortestReadAhead = 16 << 10
    static let longestReadAhead = 256 << 10

    init(_ file: any StoredFileHandle, readAheadBytes: Int = FileWindow.longestReadAhead) {
        self.file = file
        self.readAheadBytes = readAheadBytes
        self.buffer = .allocate(byteCount: readAheadBytes, alignment: 16)
    }

    deinit { self.buffer.deallocate() }

    /// The bytes from an offset on: at least so many, unless the limit or the file's end comes before.
    /// - Parameter limit: nothing at or beyond this offset is read.
    mutating func bytes(at offset: Int, atLeast needed: Int, limit: Int) throws(StorageError) -> Bytes {
        let end = self.start + self.count
        let kept = offset >= self.start && offset < end ? end - offset : 0
        if kept < needed, offset + kept < limit {
            try self.fill(from: offset, kept: kept, needed: min(needed, limit - offset), limit: limit)
            return Bytes(rebasing: Bytes(self.buffer).prefix(self.count))
        }
        guard kept > 0 else { return Bytes(start: nil, count: 0) }
        return Bytes(rebasing: Bytes(self.buffer)[(offset - self.start)..<min(self.count, limit - self.start)])
    }

    private mutating func fill(from offset: Int, kept: Int, needed: Int, limit: Int) throws(StorageError) {
        let size = max(self.readAheadBytes, needed)
        let held = Bytes(rebasing: Bytes(self.buffer)[(self.count - kept)..<self.count])
        if size > self.buffer.count {
            let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 16)
            larger.copyMemory(from: held)
            self.buffer.deallocate()
            self.buffer = larger
        } else if kept > 0, let source = held.baseAddress {
            // The ranges may overlap; copyMemory allows that.
            self.buffer.baseAddress?.copyMemory(from: source, byteCount: kept)
        }
        self.start = offset
        self.count = kept
        while self.count < needed {
            let room = min(size - self.count, limit - offset - self.count)
            let target = UnsafeMutableRawBufferPointer(rebasing: self.buffer[self.count..<(self.count + room)])
            self.askedBytes += room
            let read = try self.file.read(at: offset + self.count, into: target)
            guard read > 0 else { break }
            self.count += read
        }
        self.readAheadBytes = min(self.readAheadBytes * 2, Self.longestReadAhead)
    }
}
