// Most of a command's time is spent waiting for memory: first for its key's bucket, then for the entry. When several
// commands are at hand, all of their buckets are asked for before the first is read, and then all of their entries, so
// that the waits overlap. What is fetched in vain costs next to nothing; nothing here changes the data.

import CIntrinsics
package import Primitives

extension Keyspace {
    /// Keys that are looked ahead at once; a processor tracks only so many outstanding fetches.
    package static let prefetchWindow = 16

    /// Begins to fetch what the look-up of each key will read.
    /// - Parameter key: the *i*-th key; nil where a command has none.
    package func prefetch(_ count: Int, key: (Int) -> Bytes?) {
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: Self.prefetchWindow) { hashes in
            var known = 0
            for index in 0..<min(count, Self.prefetchWindow) {
                guard let key = key(index) else { continue }
                let hash = self.table.hash(key)
                let bucket = self.table.segment(hash).bucket(Segment.home(hash))
                cintrinsics_prefetch(bucket)
                cintrinsics_prefetch(bucket + 8)
                hashes[known] = hash
                known += 1
            }
            for hash in hashes[0..<known] {
                guard let block = self.table.segment(hash).candidate(hash) else { continue }
                cintrinsics_prefetch(block)
                cintrinsics_prefetch(block + 64)
            }
        }
    }
}

extension Segment {
    /// Begins to fetch the entries of a bucket.
    func prefetchEntries(of bucket: Int) {
        let slots = self.bucket(bucket)
        for index in 0..<Self.slotsPerBucket {
            let word = slots[index]
            if word == 0 { return }
            let block = Slot.entry(word).block
            cintrinsics_prefetch(block)
            cintrinsics_prefetch(block + 64)
        }
    }

    /// The block of the first entry whose tag fits, in the home bucket or else in the next: very likely the right one.
    func candidate(_ hash: UInt64) -> UnsafeMutableRawPointer? {
        let home = Self.home(hash)
        return self.candidate(hash, in: self.bucket(home)) ?? self.candidate(hash, in: self.bucket(Self.next(home)))
    }

    private func candidate(_ hash: UInt64, in bucket: UnsafeMutablePointer<UInt64>) -> UnsafeMutableRawPointer? {
        let tag = Slot.tag(hash)
        for index in 0..<Self.slotsPerBucket {
            let word = bucket[index]
            if word == 0 { return nil }
            if word >> Slot.tagShift == tag { return Slot.entry(word).block }
        }
        return nil
    }
}
