// Letting go of old records, by whole segments, and moving on past records that nobody has.

package import Primitives

extension ReplicationLog {
    /// Removes the segments whose records all lie at or before a position. The segment being written stays, so that the
    /// last LSN survives; pruning past the end moves the log forward to there.
    /// - Returns: the number of segments removed.
    @discardableResult
    package func prune(upTo position: Position) throws(LogError) -> Int {
        let segments = try self.detach(upTo: position)
        try Self.remove(segments, from: self.storage)
        return segments.count
    }

    /// Takes segments out of the log without removing their files, which can take a file system seconds for many gigabytes:
    /// `remove` does that, on any thread. Files that a crash leaves behind are the log's oldest segments again.
    /// - Returns: the first LSNs of the segments, oldest first.
    package func detach(upTo position: Position) throws(LogError) -> [LSN] {
        if position > self.last { try self.skip(to: position + 1) }
        let segments = self.map.segments
        let count = segments.dropLast().prefix { $0.last <= position }.count
        guard count > 0 else { return [] }
        // Whatever a crash undoes there must be no hole: the names of what stays are safe before anything goes.
        try LogError.wrapping { () throws(StorageError) in try self.storage.syncDirectory() }
        self.map.removedFirst(count)
        return segments.prefix(count).map(\.first)
    }

    /// Removes the files of detached segments, oldest first and each for good before the next one goes, so that what a crash
    /// leaves has no gap. Older ones, which an attempt that failed has left, go before them: there would be a gap behind those.
    package static func remove(_ segments: [LSN], from storage: any LogStorage) throws(LogError) {
        guard let newest = segments.max() else { return }
        try LogError.wrapping { () throws(StorageError) in
            let left = try storage.list().compactMap { SegmentName.first(ofLog: $0.name) }.filter { $0 < newest }
            for segment in Set(left + segments).sorted() {
                try Self.remove(SegmentName.log(segment), from: storage)
                // Without its segment it only takes room.
                try? Self.remove(SegmentName.index(segment), from: storage)
                try storage.syncDirectory()
            }
        }
    }

    private static func remove(_ name: String, from storage: any LogStorage) throws(StorageError) {
        do throws(StorageError) {
            try storage.remove(name)
        } catch {
            guard error.code == .missing else { throw error }
        }
    }

    /// Prunes segments for which the log is too large or too old, but nothing after `limit`.
    /// - Parameters:
    ///   - maxBytes: of all segments together; nil means no bound.
    ///   - oldest: segments whose last record is older go; nil means no bound.
    ///   - limit: the retention floor: what is after it is still needed.
    /// - Returns: the number of segments removed, and the position up to which the bounds would have pruned.
    @discardableResult
    package func sweep(
        maxBytes: Int?,
        oldest: Milliseconds?,
        limit: Position
    ) throws(LogError) -> (removed: Int, wanted: Position) {
        let wanted = self.map.excess(maxBytes: maxBytes, oldest: oldest)
        guard wanted > 0 else { return (0, 0) }
        return (try self.prune(upTo: min(wanted, limit)), wanted)
    }

    /// Moves the log forward: the next record will have this LSN. Older records stay readable until retention takes them.
    package func skip(to next: LSN) throws(LogError) {
        precondition(next > self.last && self.partial == nil, "the log only moves forward, behind whole batches")
        try LogError.wrapping { () throws(StorageError) in
            // Else its sync would count for what a failed one has dropped.
            if self.mustRewrite { try self.rewrite() }
            if next > self.last + 1 {
                var manifest = self.manifest
                manifest.skip(from: self.last, to: next)
                try self.storage.replace(Manifest.fileName, with: manifest.json)
                self.manifest = manifest
                try self.roll(to: next)
            }
            try self.enter()
        }
        // What was skipped on purpose is as safe as what stands before it, once nobody can go back behind it.
        if self.active.bytes == 0 { self.reachedDurable(self.last) }
    }

    /// Drops every record after a position, damaged ones included: the last resort of `--log-repair truncate`.
    /// - Returns: the log as it is then.
    package static func truncate(
        _ storage: any LogStorage,
        segment: LSN,
        at offset: Int
    ) throws(LogError) {
        try LogError.wrapping { () throws(StorageError) in
            let later = try storage.list().compactMap { SegmentName.first(ofLog: $0.name) }.filter { $0 > segment }
            for first in later.sorted(by: >) {
                // The newest goes first, and for good before the next one goes, so that a crash leaves no hole.
                try storage.remove(SegmentName.log(first))
                try storage.syncDirectory()
                try? storage.remove(SegmentName.index(first))
            }
            try? storage.remove(SegmentName.index(segment))
            let file = try storage.open(SegmentName.log(segment), create: false)
            try file.truncate(to: offset)
            try file.sync()
            try storage.syncDirectory()
        }
    }
}
