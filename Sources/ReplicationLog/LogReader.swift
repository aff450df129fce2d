// Reading records in order from a position on, while the log is being written: sealed segments and the active one, across
// their borders, in bounded buffers. A reader changes nothing, and opens and closes its own files.

package import Primitives

package final class LogReader {
    private let storage: any LogStorage
    private let map: LogMap
    /// The last LSN that was read, or the position that reading began at.
    package private(set) var position: Position
    private var place: Place?
    private var askedBefore = 0

    private struct Place {
        var segment: LSN
        var file: UInt64
        /// Of the next record.
        var offset: Int
        let window: FileWindow
    }

    /// - Parameter position: the first record is the one after it.
    package init(_ storage: any LogStorage, _ map: LogMap, after position: Position) {
        self.storage = storage
        self.map = map
        self.position = position
    }

    /// Bytes asked of the file system so far.
    package var askedBytes: Int { self.askedBefore + (self.place?.window.askedBytes ?? 0) }

    /// Reads on.
    /// - Parameters:
    ///   - limit: no record beyond this LSN is read; it must be in the files.
    ///   - body: gets each record in order; false stops before that record, which then comes first the next time.
    /// - Throws: `LogError` — `.notInLog` when the next record has left the log.
    package func read(through limit: LSN, _ body: (RecordView) -> Bool) throws(LogError) {
        while self.position < limit {
            if self.place == nil { try self.find() }
            guard try self.readSegment(through: limit, body) else { return }
        }
    }

    /// Where the next record stands: its segment, and the bytes before it there.
    /// - Parameter limit: as for `read`; beyond the position.
    package func placeOfNext(through limit: LSN) throws(LogError) -> (segment: LSN, offset: Int)? {
        try self.read(through: limit) { _ in false }
        return self.place.map { ($0.segment, $0.offset) }
    }

    /// Looks for the segment that holds the next record, and for a place before it there.
    private func find() throws(LogError) {
        let wanted = self.position + 1
        guard let found = self.map.locate(wanted) else {
            throw LogError(.notInLog, "position \(self.position) is beyond the log's end")
        }
        guard found.segment <= wanted else {
            throw LogError(.notInLog, "the record after position \(self.position) is not in the log")
        }
        do throws(StorageError) {
            let file = try self.storage.open(SegmentName.log(found.segment), create: false)
            let offset =
                switch found.start {
                case .offset(let offset): offset
                case .entry(let entry): try self.offset(ofEntry: entry, segment: found.segment)
                }
            var place = Place(
                segment: found.segment,
                file: found.file,
                offset: offset,
                window: FileWindow(file, readAheadBytes: FileWindow.shortestReadAhead)
            )
            // The record is found all the same, from the beginning.
            if !self.isRecord(found.lsn, at: &place) { place.offset = 0 }
            self.place = place
        } catch {
            guard error.code == .missing else { throw LogError(error) }
            throw LogError(.notInLog, "the record after position \(self.position) has left the log", underlying: error)
        }
    }

    /// Whether an index tells the truth. Its file had a good checksum when the log was opened; since then it may have been
    /// harmed like any other.
    private func isRecord(_ lsn: LSN, at place: inout Place) -> Bool {
        guard let extent = self.map.extent(of: place.segment, file: place.file), place.offset < extent.bytes else {
            return false
        }
        return (try? Self.record(in: &place, limit: extent.bytes).lsn) == lsn
    }

    /// - Returns: 0, where every search may begin, if there is no such entry.
    private func offset(ofEntry entry: Int, segment: LSN) throws(StorageError) -> Int {
        var value: UInt64 = 0
        var failure: StorageError?
        let read = withUnsafeMutableBytes(of: &value) { buffer in
            do throws(StorageError) {
                let index = try self.storage.open(SegmentName.index(segment), create: false)
                return try index.read(at: SegmentIndex.place(ofEntry: entry), into: buffer)
            } catch {
                if error.code != .missing { failure = error }
                return 0
            }
        }
        if let failure { throw failure }
        self.askedBefore += 8
        return read == 8 ? Int(clamping: UInt64(littleEndian: value)) : 0
    }

    /// Reads what the present segment holds up to the limit.
    /// - Returns: whether to go on with the next segment; false once `body` had enough.
    private func readSegment(through limit: LSN, _ body: (RecordView) -> Bool) throws(LogError) -> Bool {
        guard var place = self.place.take() else { return false }
        guard let extent = self.map.extent(of: place.segment, file: place.file) else {
            // Pruned, or given up after a failed sync: what is wanted may stand elsewhere now.
            self.askedBefore += place.window.askedBytes
            guard self.map.locate(self.position + 1)?.file != place.file else {
                throw LogError(.notInLog, "the record after position \(self.position) has left the log")
            }
            return true
        }
        while self.position < limit, place.offset < extent.bytes {
            let view = try Self.record(in: &place, limit: extent.bytes)
            if view.lsn > self.position {
                guard view.lsn == self.position + 1 else {
                    throw LogError(damaged: place.segment, at: place.offset, .lsnOutOfOrder)
                }
                guard body(view) else {
                    self.place = place
                    return false
                }
                self.position = view.lsn
            }
            place.offset += LogRecord.overheadBytes + view.payload.count
        }
        guard place.offset >= extent.bytes, extent.isSealed else {
            self.place = place
            return self.position < limit ? try self.ended() : true
        }
        // Else the same segment would be looked at again, for ever.
        guard self.position >= min(extent.last, limit) else {
            throw LogError(damaged: place.segment, at: place.offset, .lsnOutOfOrder)
        }
        self.askedBefore += place.window.askedBytes
        return true
    }

    private func ended() throws(LogError) -> Bool {
        throw LogError(.notInLog, "the log's files end at position \(self.position)")
    }

    /// The record at the place's offset.
    private static func record(in place: inout Place, limit: Int) throws(LogError) -> RecordView {
        var needed = LogRecord.headerBytes
        while true {
            let bytes: Bytes
            do throws(StorageError) {
                bytes = try place.window.bytes(at: place.offset, atLeast: needed, limit: limit)
            } catch {
                throw LogError(error)
            }
            switch RecordScan(bytes) {
            case .record(let lsn, let term, let timestamp, let length):
                let payload = Bytes(rebasing: bytes[LogRecord.headerBytes..<(LogRecord.headerBytes + length)])
                return RecordView(lsn: lsn, term: term, timestamp: timestamp, payload: payload)
            case .incomplete(let damage, let more):
                guard more > bytes.count, place.offset + bytes.count < limit, more > needed else {
                    throw LogError(damaged: place.segment, at: place.offset, damage)
                }
                needed = more
            case .damaged(let damage): throw LogError(damaged: place.segment, at: place.offset, damage)
            }
        }
    }
}
