// A segment of the table: 8 KiB, 63 buckets of 16 slots behind a header. A slot is one word: 15 bits of the key's hash, the
// address of its entry, and in the bits that an address leaves free the marks of views (Views/) and, in the lowest,
// whether the entry has an expiry.
//
// A key lies in its home bucket or in the one after it, whichever was emptier; a bucket is filled from its front without
// holes. So a look-up reads at most two buckets (four cache lines, usually one), removal needs no tombstones, and a key's
// home never changes while its segment splits — which is what `SCAN` relies on. Source of the two-bucket rule: Dash (Lu et
// al., VLDB 2020).

import Glibc
import Primitives

struct Segment: Equatable {
    static let byteCount = 8192
    static let bucketCount = 63
    static let slotsPerBucket = 16
    static let slotCount = bucketCount * slotsPerBucket
    private static let headerWords = 16

    let words: UnsafeMutablePointer<UInt64>

    static func allocate(depth: Int) -> Segment {
        guard let memory = aligned_alloc(64, Self.byteCount) else { fatalError("out of memory") }
        memset(memory, 0, Self.byteCount)
        let segment = Segment(words: memory.assumingMemoryBound(to: UInt64.self))
        segment.words[0] = UInt64(depth)
        segment.earliestExpiry = .max
        return segment
    }

    func deallocate() { free(self.words) }

    /// How many leading bits of the hash all keys of this segment share.
    var depth: Int {
        get { Int(self.words[0]) }
        nonmutating set { self.words[0] = UInt64(newValue) }
    }

    /// No entry here ends before this time. Only a bound: it may be too early, never too late.
    var earliestExpiry: Milliseconds {
        get { Milliseconds(bitPattern: self.words[1]) }
        nonmutating set { self.words[1] = UInt64(bitPattern: newValue) }
    }

    func bucket(_ index: Int) -> UnsafeMutablePointer<UInt64> {
        self.words + (Self.headerWords + index * Self.slotsPerBucket)
    }

    /// A slot by its number, whatever bucket it is in.
    func slot(_ index: Int) -> UnsafeMutablePointer<UInt64> { self.words + (Self.headerWords + index) }

    static func home(_ hash: UInt64) -> Int {
        Int(((hash & 0xffff_ffff) &* UInt64(Self.bucketCount)) >> 32)
    }

    static func next(_ bucket: Int) -> Int { bucket == Self.bucketCount - 1 ? 0 : bucket + 1 }

    static func fill(_ bucket: UnsafeMutablePointer<UInt64>) -> Int {
        var count = 0
        while count < Self.slotsPerBucket, bucket[count] != 0 { count += 1 }
        return count
    }

    /// The slot that holds a key; nil when it is not here.
    func find(_ key: Bytes, _ hash: UInt64) -> UnsafeMutablePointer<UInt64>? {
        let home = Self.home(hash)
        return Self.find(key, hash, in: self.bucket(home)) ?? Self.find(key, hash, in: self.bucket(Self.next(home)))
    }

    private static func find(
        _ key: Bytes,
        _ hash: UInt64,
        in bucket: UnsafeMutablePointer<UInt64>
    ) -> UnsafeMutablePointer<UInt64>? {
        let tag = Slot.tag(hash)
        for index in 0..<Self.slotsPerBucket {
            let word = bucket[index]
            if word == 0 { return nil }
            if word >> Slot.tagShift == tag {
                if Slot.entry(word).key.equals(key) { return bucket + index }
            }
        }
        return nil
    }

    /// A free slot for a key that is not here; nil when both its buckets are full and the segment must split.
    func freeSlot(_ hash: UInt64) -> UnsafeMutablePointer<UInt64>? {
        let home = Self.home(hash)
        let first = self.bucket(home)
        let second = self.bucket(Self.next(home))
        let firstFill = Self.fill(first)
        let secondFill = Self.fill(second)
        let (bucket, fill) = firstFill <= secondFill ? (first, firstFill) : (second, secondFill)
        return fill < Self.slotsPerBucket ? bucket + fill : nil
    }

    /// Empties a slot and closes the hole with the bucket's last one.
    func clear(_ slot: UnsafeMutablePointer<UInt64>) {
        let offset = slot - (self.words + Self.headerWords)
        let bucket = self.bucket(offset / Self.slotsPerBucket)
        let last = bucket + (Self.fill(bucket) - 1)
        slot.pointee = last.pointee
        last.pointee = 0
    }
}

/// The word of a slot: a tag of the hash (bits 49 … 63), an address (4 … 47: blocks are 16-byte aligned), a mark for each
/// view (1, 2, 3 and 48), and whether there is an expiry (0).
enum Slot {
    static let tagShift: UInt64 = 49
    private static let addressMask: UInt64 = 0x0000_ffff_ffff_fff0

    /// The mark of each view; what it means is for the view to know.
    static let marks: [UInt64] = [1 << 1, 1 << 2, 1 << 3, 1 << 48]

    static func tag(_ hash: UInt64) -> UInt64 { (hash >> 32) & 0x7fff }

    /// - Parameter marks: those of an entry that no view awaits.
    static func word(_ entry: Entry, _ hash: UInt64, marks: UInt64) -> UInt64 {
        let address = UInt64(UInt(bitPattern: entry.block))
        assert(address & ~Self.addressMask == 0, "an entry's address must fit 48 bits and be a multiple of 16")
        return Self.tag(hash) << Self.tagShift | address | marks | (entry.hasExpiry ? 1 : 0)
    }

    static func entry(_ word: UInt64) -> Entry {
        guard let block = UnsafeMutableRawPointer(bitPattern: UInt(word & Self.addressMask)) else {
            preconditionFailure("an empty slot has no entry")
        }
        return Entry(block: block)
    }

    static func hasExpiry(_ word: UInt64) -> Bool { word & 1 != 0 }
}
