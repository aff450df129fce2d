// A view shows a keyspace as it was when the view was opened, however much is written while it is walked through. See
// docs/decisions/0010-views.md.
//
// In every slot one bit is the view's mark. The view is opened by deciding that the bit now means the opposite: all
// entries, whose marks were equal, are awaited at once, without a look at any of them. Whatever deals with an entry — the
// walk that shows it, a write that preserves it — turns its mark, and what is written from then on carries the turned mark
// from the beginning. So the mark alone tells whether the view has had an entry, whatever moved where meanwhile.

import CIntrinsics

/// Names a view that is open.
package struct ViewID: Hashable, Sendable {
    let index: Int
    let serial: Int
}

/// How a walk goes on after an entry.
package enum ViewStep {
    case goOn
    case stop
    /// Stop, and keep the entry as it is (`kept`): more of it is needed.
    case keep
}

/// One of a keyspace's views; used again and again.
final class View {
    enum State {
        case free
        case open
        /// All of it was shown.
        case exhausted
        /// Ended early: marks are being turned, and preserved entries given back, in slices.
        case closing
    }

    let mark: UInt64
    /// What the bit of the mark is in a slot that the view is done with.
    private(set) var done: UInt64 = 0
    private(set) var state = State.free
    private(set) var serial = 0
    let preserved = PreservedEntries()
    /// What the view walks over; nil while that is the live table.
    var detached: DetachedTable?

    /// An entry that was shown and is needed a while longer.
    private(set) var kept: Entry?
    /// Whether the kept entry is the view's own; else it is the table's, awaited still.
    private(set) var ownsKept = false

    /// The walk's place: the hash at which the segment at work begins, and a bucket in it. A segment that splits meanwhile
    /// needs no care: keys stay in buckets of the same number, and marks tell which were shown.
    private var start: UInt64 = 0
    private var bucket = 0
    private var isBehindLast = false

    /// Segments that one slice looks through at most; they may all be empty. Some 50 µs when they are.
    private static let segmentsPerSlice = 64
    /// Entries that one slice of a view's end gives back at most.
    private static let entriesPerSlice = 2048

    init(mark: UInt64) { self.mark = mark }

    func open(done: UInt64) {
        precondition(self.state == .free && self.preserved.isEmpty, "only a free view can be opened")
        self.done = done
        self.state = .open
        self.serial += 1
        self.start = 0
        self.bucket = 0
        self.isBehindLast = false
    }

    func exhaust() {
        precondition(self.state == .open && self.preserved.isEmpty, "a view ends when nothing is left")
        self.state = .exhausted
    }

    /// Keeps an entry, the view's own or the table's.
    func keep(_ entry: Entry, isOwn: Bool) {
        self.kept = entry
        self.ownsKept = isOwn
    }

    /// Takes an entry that changes, which is now the view's own.
    func preserve(_ entry: Entry, insteadOf original: Entry) {
        if !self.ownsKept, let kept = self.kept, kept.block == original.block {
            self.keep(entry, isOwn: true)
        } else {
            self.preserved.push(entry)
        }
    }

    /// The kept entry is not needed any more. Returns it when it is the table's, so that its mark is turned.
    func letGo() -> Entry? {
        defer { self.kept = nil }
        guard self.ownsKept else { return self.kept }
        self.kept?.deallocate()
        return nil
    }

    deinit { _ = self.letGo() }

    func close() {
        // A mark that is not turned yet is turned with the rest.
        _ = self.letGo()
        switch self.state {
        case .open: self.state = self.isBehindLast && self.preserved.isEmpty ? .free : .closing
        case .exhausted: self.state = .free
        case .free, .closing: preconditionFailure("a view is closed once")
        }
    }

    /// The marks of its table no longer matter.
    func leaveMarks() { self.isBehindLast = true }

    /// Shows entries of a table until `body` stops it; true when the end was reached.
    func walk(_ table: TableShape, _ body: (Entry) -> ViewStep) -> Bool {
        var segmentsLeft = Self.segmentsPerSlice
        let (mark, done) = (self.mark, self.done)
        while !self.isBehindLast {
            guard segmentsLeft > 0 else { return false }
            let segment = table.segment(self.start)
            segment.prefetchEntries(of: self.bucket)
            while self.bucket < Segment.bucketCount {
                let slots = segment.bucket(self.bucket)
                self.prefetch(behind: self.bucket, of: segment, in: table)
                for index in 0..<Segment.slotsPerBucket {
                    let word = slots[index]
                    if word == 0 { break }
                    guard word & mark != done else { continue }
                    switch body(Slot.entry(word)) {
                    case .goOn: slots[index] = word ^ mark
                    case .stop:
                        slots[index] = word ^ mark
                        return false
                    case .keep:
                        self.keep(Slot.entry(word), isOwn: false)
                        return false
                    }
                }
                self.bucket += 1
            }
            self.advance(past: segment)
            segmentsLeft -= 1
        }
        return true
    }

    private func advance(past segment: Segment) {
        let span: UInt64 = segment.depth == 0 ? 0 : 1 << UInt64(64 - segment.depth)
        (self.start, self.isBehindLast) = self.start.addingReportingOverflow(span)
        if span == 0 { self.isBehindLast = true }
        self.bucket = 0
    }

    /// Turns marks that the walk did not come to, and gives back what was preserved.
    func clearSlice(of live: TableShape) {
        for _ in 0..<Self.entriesPerSlice {
            guard let entry = self.preserved.pop() else { break }
            entry.deallocate()
        }
        guard self.preserved.isEmpty else { return }
        var segmentsLeft = Self.segmentsPerSlice
        while !self.isBehindLast, segmentsLeft > 0 {
            let segment = live.segment(self.start)
            for bucket in self.bucket..<Segment.bucketCount {
                let slots = segment.bucket(bucket)
                for index in 0..<Segment.slotsPerBucket {
                    if slots[index] == 0 { break }
                    slots[index] = slots[index] & ~self.mark | self.done
                }
            }
            self.advance(past: segment)
            segmentsLeft -= 1
        }
        if self.isBehindLast { self.state = .free }
    }

    // MARK: Looking ahead

    /// Slots are asked for some buckets ahead, and the entries of the next bucket while those of this one are shown: the
    /// walk would wait for memory at every single entry.
    private func prefetch(behind bucket: Int, of segment: Segment, in table: TableShape) {
        if bucket + 1 < Segment.bucketCount { segment.prefetchEntries(of: bucket + 1) }
        let far = bucket + 3
        guard far >= Segment.bucketCount else { return }
        let span: UInt64 = segment.depth == 0 ? 0 : 1 << UInt64(64 - segment.depth)
        let next = table.segment(self.start &+ span)
        let slots = next.bucket(far - Segment.bucketCount)
        cintrinsics_prefetch(slots)
        cintrinsics_prefetch(slots + 8)
        if far == Segment.bucketCount { cintrinsics_prefetch(next.words) }
    }
}
