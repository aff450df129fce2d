import Primitives

/// What is left of a table that was emptied: its memory goes back a few segments at a time, so that emptying ten million
/// keys holds nobody up.
struct Release {
    let shape: TableShape
    let keyCount: Int
    private let end: Int
    private var place = 0

    init(directory: UnsafeMutablePointer<Segment>, depth: Int, keyCount: Int) {
        self.keyCount = keyCount
        self.shape = TableShape(directory: directory, depth: depth)
        self.end = 1 << depth
    }

    /// Gives back up to so many segments with their entries; false once everything is gone.
    mutating func step(segments: Int) -> Bool {
        var left = segments
        while left > 0, self.place < self.end {
            let segment = self.shape.directory[self.place]
            // A segment stands in the directory once for every hash prefix that it covers.
            self.place += 1 << (self.shape.depth - segment.depth)
            for index in 0..<Segment.bucketCount {
                let bucket = segment.bucket(index)
                for slot in 0..<Segment.fill(bucket) { Slot.entry(bucket[slot]).deallocate() }
            }
            segment.deallocate()
            left -= 1
        }
        guard self.place == self.end else { return true }
        self.shape.directory.deallocate()
        return false
    }

    /// Entries that are looked at for an estimate.
    private static let sampleCount = 256

    /// Bytes of the entries, from a sample: keys lie in the order of their hashes, so the first are as good as any. A collection's
    /// nodes are not counted.
    var estimatedBytes: Int {
        var bytes = 0
        var looked = 0
        var place = 0
        while place < self.end, looked < Self.sampleCount {
            let segment = self.shape.directory[place]
            place += 1 << (self.shape.depth - segment.depth)
            for slot in 0..<Segment.slotCount where segment.slot(slot).pointee != 0 {
                bytes += Slot.entry(segment.slot(slot).pointee).allocatedBytes
                looked += 1
                if looked == Self.sampleCount { break }
            }
        }
        return looked == 0 ? 0 : bytes * self.keyCount / looked
    }
}
