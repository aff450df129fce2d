// Opening: sealed segments are taken at their index's word, the last one is scanned and cut behind its last whole record.

package import Primitives

/// What opening a log found.
package struct LogRecovery: Sendable {
    /// What was cut off the last segment.
    package struct Cut: Sendable {
        package var segment: String
        package var offset: Int
        package var bytes: Int
        package var reason: RecordDamage
        /// Records before it in that segment.
        package var recordsKept: Int
    }

    /// nil when the log ended with a whole record.
    package var cut: Cut?
    package var segments = 0
    package var bytes = 0
    /// Indexes that were missing or bad, and were made again.
    package var rebuiltIndexes = 0
    package var oldest: Position = 0
    package var last: Position = 0

    package init() {}
}

extension ReplicationLog {
    /// Opens the log in a directory, or begins one there.
    /// - Parameter first: the first LSN of a log that does not exist yet.
    /// - Throws: `LogError` — `.gap`, `.newerFormat`, `.malformed` or `.storage`.
    package static func open(
        _ storage: any LogStorage,
        options: LogOptions = LogOptions(),
        first: LSN = 1
    ) throws(LogError) -> (log: ReplicationLog, recovery: LogRecovery) {
        var manifest = Manifest()
        if let text = try LogError.wrapping({ () throws(StorageError) in try storage.contents(of: Manifest.fileName) })
        {
            manifest = try Manifest(json: text)
        }
        let files = try LogError.wrapping { () throws(StorageError) in try storage.list() }
        var segments: [(first: LSN, bytes: Int)] = files.compactMap { file in
            SegmentName.first(ofLog: file.name).map {
                ($0, min(file.bytes, manifest.bytes(ofSegment: $0) ?? file.bytes))
            }
        }
        segments.sort { $0.first < $1.first }
        // Here and not when segments leave: a crash may bring detached ones back, with the gaps between them.
        if let oldest = segments.first?.first { manifest.forget(before: oldest) }

        var recovery = LogRecovery()
        var sealed: [SegmentSummary] = []
        for (index, segment) in segments.dropLast().enumerated() {
            sealed.append(
                try Self.openSealed(storage, options, segment, next: segments[index + 1].first, manifest, &recovery)
            )
        }
        let active = try LogError.wrapping { () throws(StorageError) in
            guard let last = segments.last else { return try Self.beginFirst(storage, first) }
            return try Self.openLast(storage, options, last, &recovery)
        }
        // The last segment, now cut, is about to grow beyond what may have been cut off it before; and a name may come back.
        if manifest.keepCuts(of: sealed.map(\.first)) {
            try LogError.wrapping { () throws(StorageError) in
                try storage.replace(Manifest.fileName, with: manifest.json)
            }
        }
        let log = ReplicationLog(
            storage: storage,
            options: options,
            manifest: manifest,
            sealed: sealed,
            active: active
        )
        let bounds = log.map.bounds
        recovery.segments = bounds.segments
        recovery.bytes = bounds.bytes
        recovery.oldest = bounds.oldest
        recovery.last = bounds.written
        return (log, recovery)
    }

    private static func openSealed(
        _ storage: any LogStorage,
        _ options: LogOptions,
        _ segment: (first: LSN, bytes: Int),
        next: LSN,
        _ manifest: Manifest,
        _ recovery: inout LogRecovery
    ) throws(LogError) -> SegmentSummary {
        var summary: SegmentSummary
        if let index = Self.readIndex(storage, segment) {
            summary = SegmentSummary(
                first: index.first,
                last: index.last,
                bytes: index.segmentBytes,
                lastTimestamp: index.lastTimestamp,
                interval: index.interval,
                offsets: nil
            )
        } else {
            recovery.rebuiltIndexes += 1
            summary = try LogError.wrapping { () throws(StorageError) in
                try Self.rebuild(storage, options, segment, next: next)
            }
        }
        let isSkip = manifest.skips.contains { $0.after == summary.last && $0.next == next }
        guard summary.last + 1 == next || isSkip else {
            throw LogError(
                .gap,
                "the log has no records from \(summary.last + 1) to \(next - 1), between the segments "
                    + "\(SegmentName.log(segment.first)) and \(SegmentName.log(next)): restore them from a copy"
            )
        }
        return summary
    }

    private static func readIndex(_ storage: any LogStorage, _ segment: (first: LSN, bytes: Int)) -> SegmentIndex? {
        // An index that cannot be read is made again, whatever the reason.
        guard let bytes = try? storage.contents(of: SegmentName.index(segment.first)),
            let index = SegmentIndex(bytes), index.first == segment.first, index.segmentBytes == segment.bytes
        else { return nil }
        return index
    }

    /// Makes a sealed segment's index again. Damage in it is left to whoever reads the records: until there the index is
    /// right, and the segment still ends where the next one begins.
    private static func rebuild(
        _ storage: any LogStorage,
        _ options: LogOptions,
        _ segment: (first: LSN, bytes: Int),
        next: LSN
    ) throws(StorageError) -> SegmentSummary {
        let file = try storage.open(SegmentName.log(segment.first), create: false)
        let scan = try SegmentScan(
            file,
            first: segment.first,
            limitBytes: segment.bytes,
            interval: options.indexInterval
        )
        var summary = SegmentSummary(
            first: segment.first,
            last: scan.last,
            bytes: segment.bytes,
            lastTimestamp: scan.lastTimestamp,
            interval: options.indexInterval,
            offsets: scan.offsets
        )
        if scan.damage != nil {
            summary.last = next - 1
            return summary
        }
        let index = SegmentIndex(
            interval: options.indexInterval,
            first: segment.first,
            last: scan.last,
            segmentBytes: segment.bytes,
            lastTimestamp: scan.lastTimestamp,
            offsets: scan.offsets
        )
        if Self.writeIndex(index, storage) { summary.offsets = nil }
        return summary
    }

    /// Scans the last segment and cuts it behind its last whole record.
    private static func openLast(
        _ storage: any LogStorage,
        _ options: LogOptions,
        _ segment: (first: LSN, bytes: Int),
        _ recovery: inout LogRecovery
    ) throws(StorageError) -> ActiveSegment {
        let file = try storage.open(SegmentName.log(segment.first), create: false)
        let scan = try SegmentScan(
            file,
            first: segment.first,
            limitBytes: segment.bytes,
            interval: options.indexInterval
        )
        if let damage = scan.damage {
            recovery.cut = LogRecovery.Cut(
                segment: SegmentName.log(segment.first),
                offset: scan.validBytes,
                bytes: segment.bytes - scan.validBytes,
                reason: damage,
                recordsKept: scan.records
            )
        }
        // Synced even when nothing is cut: what a crash left in the file may not be on the disk yet.
        try file.truncate(to: scan.validBytes)
        try file.sync()
        try storage.syncDirectory()
        return ActiveSegment(
            file: file,
            first: segment.first,
            last: scan.last,
            bytes: scan.validBytes,
            durableBytes: scan.validBytes,
            lastTimestamp: scan.lastTimestamp,
            offsets: scan.offsets,
            isEntered: true
        )
    }

    private static func beginFirst(_ storage: any LogStorage, _ first: LSN) throws(StorageError) -> ActiveSegment {
        let file = try storage.open(SegmentName.log(first), create: true)
        try storage.syncDirectory()
        return ActiveSegment(
            file: file,
            first: first,
            last: first - 1,
            bytes: 0,
            durableBytes: 0,
            lastTimestamp: 0,
            offsets: [],
            isEntered: true
        )
    }
}
