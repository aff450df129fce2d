// Which segments there are and how far they reach: kept by the log's thread, read by those that stream from disk, by
// acceptors and by whoever asks how much is retained.

package import Primitives
import Synchronization

/// One segment, as far as it counts.
struct SegmentSummary: Sendable {
    var first: LSN
    /// One before `first` when there is no record.
    var last: LSN
    /// Bytes of whole records.
    var bytes: Int
    var lastTimestamp: Milliseconds
    var interval: Int
    /// Offsets of records whose LSN is a multiple of the interval; nil where a file beside the segment has them.
    var offsets: [Int]?
    /// Tells its file from one of the same name before it; given by the map.
    var file: UInt64 = 0
}

package final class LogMap: Sendable {
    private struct State {
        /// Oldest first; the last one is being written.
        var segments: [SegmentSummary] = []
        var durable: Position = 0
        var fileCount: UInt64 = 0

        mutating func add(_ segment: SegmentSummary) {
            self.fileCount += 1
            self.segments.append(segment)
            self.segments[self.segments.count - 1].file = self.fileCount
        }
    }

    private let state = Mutex(State())

    /// What the log holds.
    package struct Bounds: Equatable, Sendable {
        /// The oldest position from which the log can be read.
        package var oldest: Position
        /// Everything up to here is in the files, and up to `durable` it survives a loss of power.
        package var written: Position
        package var durable: Position
        package var bytes: Int
        package var segments: Int
    }

    package var bounds: Bounds {
        self.state.withLock { state in
            Bounds(
                oldest: state.segments.first.map { $0.first - 1 } ?? 0,
                written: state.segments.last?.last ?? 0,
                durable: state.durable,
                bytes: state.segments.reduce(0) { $0 + $1.bytes },
                segments: state.segments.count
            )
        }
    }

    /// The oldest position from which the log can be read.
    package var oldest: Position { self.state.withLock { $0.segments.first.map { $0.first - 1 } ?? 0 } }

    /// Everything up to here is in the files now; goes back where a failed sync gave up what is to be written again.
    package var written: Position { self.state.withLock { $0.segments.last?.last ?? 0 } }

    /// Bytes of records after a position; in the segment that holds it, in proportion to its records.
    package func retainedBytes(after position: Position) -> Int {
        self.state.withLock { state in
            var sum = 0
            for segment in state.segments.reversed() {
                if segment.first > position {
                    sum += segment.bytes
                    continue
                }
                let records = segment.last + 1 - segment.first
                guard segment.last > position, records > 0 else { break }
                sum += Int(Double(segment.bytes) * Double(segment.last - position) / Double(records))
                break
            }
            return sum
        }
    }

    /// How far the log would have to be pruned to be within bounds; 0 where it is. The segment being written stays.
    /// - Parameters:
    ///   - maxBytes: of all segments together; nil means no bound.
    ///   - oldest: segments whose last record is older go; nil means no bound.
    package func excess(maxBytes: Int?, oldest: Milliseconds?) -> Position {
        self.state.withLock { state in
            var bytes = state.segments.reduce(0) { $0 + $1.bytes }
            var wanted: Position = 0
            for segment in state.segments.dropLast() {
                let isTooMuch = maxBytes.map { bytes > $0 } ?? false
                let isTooOld = oldest.map { segment.lastTimestamp < $0 } ?? false
                guard isTooMuch || isTooOld else { break }
                bytes -= segment.bytes
                wanted = segment.last
            }
            return wanted
        }
    }

    /// Whether pruning up to a position would remove anything.
    package func hasSegments(upTo position: Position) -> Bool {
        self.state.withLock { state in state.segments.count > 1 && state.segments[0].last <= position }
    }

    // MARK: For readers

    /// Where to begin looking for a record.
    struct Place {
        enum Start {
            case offset(Int)
            /// The number of an entry in the index file.
            case entry(Int)
        }
        var segment: LSN
        var file: UInt64
        /// The LSN that is expected there.
        var lsn: LSN
        var start: Start
    }

    /// The segment that holds an LSN, or the first one after it; nil when the log ends before.
    func locate(_ lsn: LSN) -> Place? {
        self.state.withLock { state in
            guard let index = Self.index(of: lsn, in: state.segments) else { return nil }
            let segment = state.segments[index]
            var place = Place(
                segment: segment.first,
                file: segment.file,
                lsn: segment.first,
                start: .offset(0)
            )
            guard let entry = SegmentIndex.entry(for: lsn, first: segment.first, interval: segment.interval) else {
                return place
            }
            if let offsets = segment.offsets {
                guard entry < offsets.count else { return place }
                place.start = .offset(offsets[entry])
            } else {
                place.start = .entry(entry)
            }
            place.lsn = lsn / UInt64(segment.interval) * UInt64(segment.interval)
            return place
        }
    }

    /// The segment that ends at or after an LSN.
    private static func index(of lsn: LSN, in segments: [SegmentSummary]) -> Int? {
        var low = 0
        var high = segments.count
        while low < high {
            let middle = (low + high) / 2
            if segments[middle].last < lsn { low = middle + 1 } else { high = middle }
        }
        return low < segments.count ? low : nil
    }

    /// How far a segment may be read, and whether more segments follow it; nil once it, or its file, is gone.
    func extent(of first: LSN, file: UInt64) -> (bytes: Int, last: LSN, isSealed: Bool)? {
        self.state.withLock { state in
            guard let index = Self.index(of: first, in: state.segments) ?? state.segments.indices.last,
                state.segments[index].first == first, state.segments[index].file == file
            else { return nil }
            return (state.segments[index].bytes, state.segments[index].last, index + 1 < state.segments.count)
        }
    }

    // MARK: For the log

    var segments: [SegmentSummary] { self.state.withLock { $0.segments } }

    func reset(_ segments: [SegmentSummary], durable: Position) {
        self.state.withLock { state in
            state = State(durable: durable)
            for segment in segments { state.add(segment) }
        }
    }

    /// Changes the segment that is being written.
    func updateActive(_ body: (inout SegmentSummary) -> Void) {
        self.state.withLock { state in
            guard !state.segments.isEmpty else { return }
            body(&state.segments[state.segments.count - 1])
        }
    }

    func began(_ segment: SegmentSummary) { self.state.withLock { $0.add(segment) } }

    func synced(through position: Position) { self.state.withLock { $0.durable = position } }

    func removedLast() { self.state.withLock { _ = $0.segments.popLast() } }

    func removedFirst(_ count: Int) { self.state.withLock { $0.segments.removeFirst(count) } }
}
