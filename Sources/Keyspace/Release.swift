import Primitives

/// What is left of a table that was emptied: its memory goes back a few segments at a time, so that emptying ten million
/// keys holds nobody up.
struct Release {
    let shape: TableShape
    private let end: Int
    private var place = 0

    init(directory: UnsafeMutablePointer<Segment>, depth: Int) {
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
}
