import Primitives

@testable import Replication

/// A log behind a stream: has every mutation up to what is written, and answers requests as the shell's reader does.
struct FakeLog {
    private(set) var mutations: [[UInt8]] = []
    /// Everything up to here is in the files.
    var written: Position = 0
    /// How many bytes each request asked for.
    private(set) var asked: [Int] = []

    /// - Parameter count: mutations that are in the log and in the stream already, of 100 bytes.
    init(_ count: UInt64 = 0, in stream: inout Stream) {
        for mark in 0..<count { self.append(mutation(bytes: 100, marked: mark), to: &stream) }
    }

    /// Adds a mutation to the log and to the stream, and counts it as written.
    mutating func append(_ mutation: [UInt8], to stream: inout Stream) {
        self.mutations.append(mutation)
        stream.backlog.append(mutation)
        self.written = Position(self.mutations.count)
    }

    mutating func answer(_ request: DiskRequest, _ pool: ChunkPool) -> DiskAnswer {
        self.asked.append(request.bytes)
        var chunk: Chunk?
        for mutation in self.mutations[Int(request.position)..<max(Int(self.written), Int(request.position))] {
            let needed = Frame.longestEnvelope + mutation.count
            let target = chunk ?? Chunk(first: request.position + 1, capacity: max(request.bytes, needed), pool: pool)
            chunk = target
            guard target.hasRoom(for: needed) else { break }
            mutation.withUnsafeBytes { target.append($0) }
        }
        return .read(chunk)
    }

    /// Answers everything that the stream has asked for.
    /// - Returns: whether that was anything.
    mutating func serve(_ stream: inout Stream) -> Bool {
        let requests = stream.takeDiskRequests()
        for request in requests { stream.diskAnswered(request, self.answer(request, stream.backlog.pool)) }
        return !requests.isEmpty
    }
}

extension Stream {
    /// A stream with a log behind it and a backlog so small that it soon forgets.
    static func makeLogged(backlogBytes: Int = 10_000, chunkBytes: Int = 1000) -> Stream {
        var stream = Stream.make(backlogBytes: backlogBytes, chunkBytes: chunkBytes)
        stream.canReadLog = true
        return stream
    }
}
