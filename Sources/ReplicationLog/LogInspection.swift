// Looking at a log without opening it for writing: nothing is cut, rebuilt or made. Fit for the log of a node that runs.

package import Primitives

package struct LogInspection: Sendable {
    package struct Segment: Sendable {
        package var name: String
        package var first: LSN
        /// One before `first` when there is no record.
        package var last: LSN
        package var records: Int
        /// Bytes of whole, checked records, and bytes of the file that count.
        package var validBytes: Int
        package var bytes: Int
        /// What stands after the last whole record.
        package var damage: RecordDamage?
        package var index: Index
        /// LSNs are missing between this segment and the one before, and no skip is on record.
        package var hasGapBefore: Bool
        package var isLast: Bool

        /// A torn end of the last segment is what a crash leaves, and is cut at the next start.
        package var isSound: Bool { (self.damage == nil || self.isLast) && !self.hasGapBefore }
    }

    package enum Index: String, Sendable {
        case none
        case good
        /// It does not fit the segment, or is damaged; it is made again at the next start.
        case bad
    }

    package private(set) var segments: [Segment] = []

    package var isSound: Bool { self.segments.allSatisfy(\.isSound) }

    /// Reads a whole log.
    /// - Parameters:
    ///   - body: gets every whole, checked record; not those after damage in the same segment.
    ///   - visit: gets each segment once it has been read.
    package init(
        _ storage: any LogStorage,
        visit: (Segment) -> Void = { _ in },
        _ body: (RecordView) -> Void = { _ in }
    ) throws(LogError) {
        var manifest = Manifest()
        if let text = try LogError.wrapping({ () throws(StorageError) in try storage.contents(of: Manifest.fileName) })
        {
            manifest = try Manifest(json: text)
        }
        let files = try LogError.wrapping { () throws(StorageError) in try storage.list() }
        let firsts = files.compactMap { file in SegmentName.first(ofLog: file.name).map { ($0, file.bytes) } }
            .sorted { $0.0 < $1.0 }
        for (place, (first, size)) in firsts.enumerated() {
            let bytes = min(size, manifest.bytes(ofSegment: first) ?? size)
            let scan = try LogError.wrapping { () throws(StorageError) in
                let file = try storage.open(SegmentName.log(first), create: false)
                return try SegmentScan(file, first: first, limitBytes: bytes, interval: 1 << 20, body)
            }
            let before = self.segments.last?.last
            let isSkip = manifest.skips.contains { $0.next == first && $0.after == before }
            let segment = Segment(
                name: SegmentName.log(first),
                first: first,
                last: scan.last,
                records: scan.records,
                validBytes: scan.validBytes,
                bytes: bytes,
                damage: scan.damage,
                index: Self.index(storage, first, scan),
                hasGapBefore: before.map { $0 + 1 != first && !isSkip } ?? false,
                isLast: place == firsts.count - 1
            )
            self.segments.append(segment)
            visit(segment)
        }
    }

    private static func index(_ storage: any LogStorage, _ first: LSN, _ scan: SegmentScan) -> Index {
        guard let text = try? storage.contents(of: SegmentName.index(first)) else { return .none }
        guard let index = SegmentIndex(text), index.first == first, index.segmentBytes == scan.validBytes,
            index.last == scan.last
        else { return .bad }
        return .good
    }
}
