import Primitives

@testable import Replication

/// A command as a client would send it.
func encoded(_ words: String...) -> [UInt8] {
    Array("*\(words.count)\r\n".utf8) + words.flatMap { Array("$\($0.utf8.count)\r\n\($0)\r\n".utf8) }
}

/// What stream.md says a frame looks like, built the slow way.
func expectedFrame(_ lsn: LSN, _ mutation: [UInt8]) -> [UInt8] {
    Array("*2\r\n:\(lsn - 1)\r\n".utf8) + mutation
}

/// A mutation that is `bytes` long, at least 16, and tells by its mark which one it is.
func mutation(bytes: Int, marked mark: UInt64 = 0) -> [UInt8] {
    let text = String(mark)
    for overhead in 10...20 where bytes >= overhead {
        let length = bytes - overhead
        let body = (String(repeating: "x", count: max(0, length - text.utf8.count)) + text).suffix(length)
        // One word alone cannot have every length: a digit more of its own length is a step of two.
        for candidate in [encoded(String(body)), encoded("", String(body))] where candidate.count == bytes {
            return candidate
        }
    }
    preconditionFailure("no mutation is \(bytes) bytes long")
}

extension Backlog {
    @discardableResult
    mutating func append(_ bytes: [UInt8]) -> LSN { bytes.withUnsafeBytes { self.append($0) } }

    /// Bytes from a cursor to the end of its chunk.
    func rest(of cursor: Cursor) -> [UInt8] { Array(cursor.chunk.bytes(from: cursor.offset)) }
}

/// The mutations in a run of frames, which must be whole and without gaps; nil where they are not.
func mutations(in bytes: [UInt8], after position: Position) -> [[UInt8]]? {
    var list: [[UInt8]] = []
    var used = 0
    while used < bytes.count {
        let scan = bytes[used...].withUnsafeBytes { FrameScan($0) }
        guard case .frame(let lsn, let mutationOffset, let length) = scan else { return nil }
        guard lsn == position + LSN(list.count) + 1 else { return nil }
        list.append(Array(bytes[(used + mutationOffset)..<(used + length)]))
        used += length
    }
    return list
}

extension History {
    init(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        self.init(using: &generator)
    }
}
