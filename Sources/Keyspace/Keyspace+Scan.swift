// Walks over all keys of a shard. What has expired is passed over, and removed where keys end by the clock.

package import Primitives
package import RESP

extension Keyspace {
    /// Does one shard's part of a SCAN: appends the keys that it finds as bulk strings.
    /// - Returns: where to go on (nil: this shard is done), and how many keys were appended.
    package mutating func scan(
        from cursor: ScanCursor,
        _ request: ScanRequest,
        into keys: Writer
    ) -> (next: ScanCursor?, count: Int) {
        var place = cursor
        var looked = 0
        var appended = 0
        // Empty buckets count as well, a tenth of a key each: a table that was emptied must not hold the shard up.
        var emptiness = 0
        while true {
            let before = looked
            let segment = self.table.segment(place.prefix << UInt64(64 - ScanCursor.prefixBits))
            let home = segment.bucket(place.home)
            let overflow = segment.bucket(Segment.next(place.home))
            appended += self.scan(home, of: segment, home: place.home, request, &looked, into: keys)
            appended += self.scan(overflow, of: segment, home: place.home, request, &looked, into: keys)
            guard let next = self.place(after: place, in: segment) else { return (nil, appended) }
            place = next
            if looked == before { emptiness += 1 }
            if looked + emptiness / 10 >= request.count { return (place, appended) }
        }
    }

    private func place(after place: ScanCursor, in segment: Segment) -> ScanCursor? {
        if place.home + 1 < Segment.bucketCount { return ScanCursor(prefix: place.prefix, home: place.home + 1) }
        let free = UInt64(ScanCursor.prefixBits - segment.depth)
        let next = (place.prefix >> free + 1) << free
        return next >> UInt64(ScanCursor.prefixBits) == 0 ? ScanCursor(prefix: next, home: 0) : nil
    }

    private mutating func scan(
        _ bucket: UnsafeMutablePointer<UInt64>,
        of segment: Segment,
        home: Int,
        _ request: ScanRequest,
        _ looked: inout Int,
        into keys: Writer
    ) -> Int {
        var appended = 0
        var index = 0
        while index < Segment.slotsPerBucket, bucket[index] != 0 {
            let entry = Slot.entry(bucket[index])
            guard Segment.home(self.table.hash(entry.key)) == home else {
                index += 1
                continue
            }
            looked += 1
            if self.passesOver(bucket + index, in: segment) {
                // Removing it put the bucket's last slot here.
                if !self.decidesExpiry { index += 1 }
                continue
            }
            index += 1
            guard request.wants(entry), request.glob?.matches(entry.key) ?? true else { continue }
            keys.bulk(entry.key)
            appended += 1
        }
        return appended
    }

    /// Whether the entry in a slot has expired; removes it where keys end by the clock.
    private mutating func passesOver(_ slot: UnsafeMutablePointer<UInt64>, in segment: Segment) -> Bool {
        guard Slot.hasExpiry(slot.pointee), Slot.entry(slot.pointee).isExpired(at: self.now) else { return false }
        if self.decidesExpiry { self.expire(slot, in: segment) }
        return true
    }

    /// Appends all keys that match as bulk strings, and returns how many.
    package mutating func keys(matching pattern: Bytes, into keys: Writer) -> Int {
        let glob = Glob(pattern)
        let isAll = glob.matchesAll
        var appended = 0
        self.visit { entry in
            guard isAll || glob.matches(entry.key) else { return }
            keys.bulk(entry.key)
            appended += 1
        }
        return appended
    }

    /// Visits every key that has not expired. An entry is valid for its visit alone.
    package mutating func visit(_ body: (Entry) -> Void) {
        var place = 0
        while place < self.table.directoryCount {
            let segment = self.table.directory[place]
            place += 1 << (self.table.depth - segment.depth)
            for number in 0..<Segment.bucketCount {
                let bucket = segment.bucket(number)
                var index = 0
                while index < Segment.slotsPerBucket, bucket[index] != 0 {
                    if !self.passesOver(bucket + index, in: segment) {
                        body(Slot.entry(bucket[index]))
                        index += 1
                    } else if !self.decidesExpiry {
                        index += 1
                    }
                }
            }
        }
    }

    /// Appends a random key as a bulk string; false when there is none.
    package mutating func randomKey(into reply: Writer) -> Bool {
        // On a replica all may have expired without being gone; Redis gives up after as many tries.
        var tries = 100
        while self.count > 0, tries > 0 {
            let (slot, segment) = self.table.randomSlot(using: &self.generator)
            guard self.passesOver(slot, in: segment) else {
                reply.bulk(Slot.entry(slot.pointee).key)
                return true
            }
            if !self.decidesExpiry { tries -= 1 }
        }
        return false
    }
}
