import Primitives

extension Table {
    /// A random slot that holds an entry; the table must not be empty.
    ///
    /// A segment stands in the directory as often as its share of the hashes, so any place of the directory and any slot of
    /// its segment are a fair choice. Only a table that was nearly emptied needs too many tries; there, the next entry after
    /// a random slot is taken, which favours those behind a gap.
    func randomSlot(
        using generator: inout SeededGenerator
    ) -> (slot: UnsafeMutablePointer<UInt64>, segment: Segment) {
        precondition(self.count > 0, "an empty table has no entry")
        let fairTries = 64
        for _ in 0..<fairTries {
            let segment = self.directory[Int.random(in: 0..<self.directoryCount, using: &generator)]
            let slot = segment.slot(Int.random(in: 0..<Segment.slotCount, using: &generator))
            if slot.pointee != 0 { return (slot, segment) }
        }
        var place = Int.random(in: 0..<self.directoryCount, using: &generator)
        var first = Int.random(in: 0..<Segment.slotCount, using: &generator)
        while true {
            let segment = self.directory[place]
            for index in first..<Segment.slotCount where segment.slot(index).pointee != 0 {
                return (segment.slot(index), segment)
            }
            first = 0
            let span = 1 << (self.depth - segment.depth)
            place = ((place & ~(span - 1)) + span) & (self.directoryCount - 1)
        }
    }
}
