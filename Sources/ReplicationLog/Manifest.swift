// What a log's files cannot tell by themselves: where LSNs were skipped on purpose, and where a segment was given up after a
// failed sync. Small, and replaced as a whole.

import Primitives

struct Manifest: Equatable, Sendable {
    static let fileName = "manifest.json"
    static let format = 1

    /// LSNs between `after` and `next` were never written.
    struct Skip: Equatable, Sendable {
        var after: Position
        var next: LSN
    }

    /// Of the segment that begins at `first` only so many bytes count.
    struct Cut: Equatable, Sendable {
        var first: LSN
        var bytes: Int
    }

    var skips: [Skip] = []
    var cuts: [Cut] = []

    func bytes(ofSegment first: LSN) -> Int? { self.cuts.last { $0.first == first }?.bytes }

    mutating func cut(_ first: LSN, to bytes: Int) {
        self.cuts.removeAll { $0.first == first }
        self.cuts.append(Cut(first: first, bytes: bytes))
    }

    mutating func skip(from after: Position, to next: LSN) {
        // An attempt that failed half-way may have put it on record.
        self.skips.removeAll { $0.after >= after }
        self.skips.append(Skip(after: after, next: next))
    }

    /// Forgets cuts of segments that are not sealed.
    /// - Returns: whether there were any.
    mutating func keepCuts(of sealed: some Sequence<LSN>) -> Bool {
        let sealed = Set(sealed)
        let before = self.cuts.count
        self.cuts.removeAll { !sealed.contains($0.first) }
        return self.cuts.count != before
    }

    /// Forgets what concerns segments that are gone.
    mutating func forget(before oldest: LSN) {
        self.skips.removeAll { $0.next < oldest }
        self.cuts.removeAll { $0.first < oldest }
    }
}
