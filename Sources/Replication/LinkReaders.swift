// Reads the log for links that the backlog no longer covers: for the shell's reading thread, and for whoever plays its part.

package import Primitives
package import ReplicationLog

package struct LinkReaders {
    /// By link, where its reader stopped: the next request goes on there as a rule, with the file open still.
    private var readers: [UInt64: LogReader] = [:]

    package init() {}

    /// The link is gone, or reads from memory.
    package mutating func forget(_ link: UInt64) { self.readers[link] = nil }

    /// Reads what a link asks for.
    /// - Parameters:
    ///   - limit: the log has frames up to here, or more.
    ///   - pool: where the chunk's memory comes from.
    /// - Returns: the answer, and how many bytes the storage was asked for.
    package mutating func answer(
        _ request: DiskRequest,
        from log: ReplicationLog,
        through limit: Position,
        _ pool: ChunkPool
    ) -> (answer: DiskAnswer, askedBytes: Int) {
        let reader: LogReader
        if let known = self.readers[request.link], known.position == request.position {
            reader = known
        } else {
            reader = LogReader(log.storage, log.map, after: request.position)
            self.readers[request.link] = reader
        }
        let before = reader.askedBytes
        let answer = Self.read(request, reader, through: limit, pool)
        return (answer, reader.askedBytes - before)
    }

    private static func read(
        _ request: DiskRequest,
        _ reader: LogReader,
        through limit: Position,
        _ pool: ChunkPool
    ) -> DiskAnswer {
        var chunk: Chunk?
        do throws(LogError) {
            try reader.read(through: limit) { record in
                let needed = Frame.longestEnvelope + record.payload.count
                let target = chunk ?? Chunk(first: record.lsn, capacity: max(request.bytes, needed), pool: pool)
                chunk = target
                guard target.hasRoom(for: needed) else { return false }
                target.append(record.payload)
                return true
            }
        } catch {
            // What was read before the damage is good, and what follows it is asked for next.
            if chunk == nil { return .failed(error.description) }
        }
        return .read(chunk)
    }
}
