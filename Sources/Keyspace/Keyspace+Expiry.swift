// Active expiry. Every segment knows a time before which nothing in it ends, so a pass over the table looks at one word a
// segment and opens only those in which something may be due: no second index, and no sampling that leaves keys behind.

import Primitives

extension Keyspace {
    /// Looks at up to `segments` segments for keys whose time has come, removes up to `limit` of them, and writes a
    /// `DEL` for each to `mutations`.
    /// - Returns: whether this slice ended because of `limit`, so that another one should follow soon.
    package mutating func expireSlice(segments: Int = 512, limit: Int = 128) -> Bool {
        guard self.decidesExpiry, self.expiringCount > 0 else { return false }
        let start = self.events.begin()
        defer { self.events.end(.expirySlice, since: start) }
        var left = limit
        for _ in 0..<min(segments, self.table.directoryCount) {
            if self.expiryCursor >= self.table.directoryCount { self.expiryCursor = 0 }
            let segment = self.table.directory[self.expiryCursor]
            if segment.earliestExpiry <= self.now {
                self.expireDue(in: segment, &left)
                guard left > 0 else { return true }
            }
            let span = 1 << (self.table.depth - segment.depth)
            self.expiryCursor = (self.expiryCursor & ~(span - 1)) + span
        }
        return false
    }

    private mutating func expireDue(in segment: Segment, _ left: inout Int) {
        var earliest = Milliseconds.max
        for index in 0..<Segment.bucketCount {
            let bucket = segment.bucket(index)
            var slot = 0
            while slot < Segment.slotsPerBucket, bucket[slot] != 0 {
                guard Slot.hasExpiry(bucket[slot]), let expiry = Slot.entry(bucket[slot]).expiry else {
                    slot += 1
                    continue
                }
                if expiry > self.now {
                    earliest = min(earliest, expiry)
                    slot += 1
                } else if left > 0 {
                    // The bucket's last slot moves into this one, so the same place is looked at again.
                    self.expire(bucket + slot, in: segment)
                    left -= 1
                } else {
                    return
                }
            }
        }
        segment.earliestExpiry = earliest
    }
}
