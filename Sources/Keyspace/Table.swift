// The table of one shard: extendible hashing (Fagin et al., 1979). A directory, indexed by the leading bits of the hash,
// points to segments of 8 KiB. A segment that is full splits alone, so the table grows from empty to any size without ever
// moving more than a thousand keys at once; the directory doubles rarely and is a few hundred KiB at ten million keys.
// Measured before: 145 B of allocator memory per key of 16 + 100 B; the longest single operation 0.12 ms.

import Primitives

/// Keys to entries. Owns every entry in it.
struct Table: ~Copyable {
    private(set) var directory: UnsafeMutablePointer<Segment>
    /// The directory has 2^depth places.
    private(set) var depth: Int
    private(set) var count = 0
    /// Keys that have an expiry.
    private(set) var expiringCount = 0
    /// The marks of an entry that no view awaits; every entry that is put in carries them.
    var marks: UInt64 = 0
    /// The marks of the views that have not been given all of this table yet.
    var watched: UInt64 = 0
    let hash: KeyHash
    var events: BackgroundEvents

    /// No directory may pass 2^40 places: a key hash that splits no further is broken, not unlucky.
    static let deepest = 40

    init(seed: UInt64, events: BackgroundEvents) {
        self.hash = KeyHash(seed: seed)
        self.events = events
        self.depth = 0
        self.directory = .allocate(capacity: 1)
        self.directory.initialize(to: .allocate(depth: 0))
    }

    deinit {
        var release = Release(directory: self.directory, depth: self.depth, keyCount: self.count)
        while release.step(segments: .max) {}
    }

    var directoryCount: Int { 1 << self.depth }

    func segment(_ hash: UInt64) -> Segment { self.directory[self.place(hash)] }

    /// The directory's place for a hash.
    func place(_ hash: UInt64) -> Int {
        self.depth == 0 ? 0 : Int(hash >> UInt64(64 - self.depth))
    }

    func find(_ key: Bytes, _ hash: UInt64) -> UnsafeMutablePointer<UInt64>? {
        self.segment(hash).find(key, hash)
    }

    /// Adds an entry whose key is not in the table.
    mutating func insert(_ entry: Entry, _ hash: UInt64) {
        var segment = self.segment(hash)
        var slot = segment.freeSlot(hash)
        while slot == nil {
            self.split(segment, hash)
            segment = self.segment(hash)
            slot = segment.freeSlot(hash)
        }
        slot?.pointee = Slot.word(entry, hash, marks: self.marks)
        self.count += 1
        self.noteExpiry(of: entry, in: segment)
    }

    /// Whether a view still waits for the entry of a slot, so that it must not be lost yet.
    func isAwaited(_ word: UInt64) -> Bool { self.watched != 0 && (word ^ self.marks) & self.watched != 0 }

    /// Puts another entry of the same key into a slot and returns the word of the old one, which the caller now owns.
    mutating func replace(_ slot: UnsafeMutablePointer<UInt64>, with entry: Entry, _ hash: UInt64) -> UInt64 {
        let old = slot.pointee
        if Slot.hasExpiry(old) { self.expiringCount -= 1 }
        slot.pointee = Slot.word(entry, hash, marks: self.marks)
        self.noteExpiry(of: entry, in: self.segment(hash))
        return old
    }

    /// An entry's expiry was moved in place.
    func expiryMoved(of entry: Entry, _ hash: UInt64) {
        guard let expiry = entry.expiry else { return }
        let segment = self.segment(hash)
        segment.earliestExpiry = min(segment.earliestExpiry, expiry)
    }

    /// Takes an entry out of the table and returns its word; the caller now owns it.
    mutating func remove(_ slot: UnsafeMutablePointer<UInt64>, from segment: Segment) -> UInt64 {
        let word = slot.pointee
        if Slot.hasExpiry(word) { self.expiringCount -= 1 }
        segment.clear(slot)
        self.count -= 1
        return word
    }

    private mutating func noteExpiry(of entry: Entry, in segment: Segment) {
        guard let expiry = entry.expiry else { return }
        self.expiringCount += 1
        segment.earliestExpiry = min(segment.earliestExpiry, expiry)
    }

    /// Empties the table and returns what must still be given back to the allocator, slice by slice.
    mutating func removeAll() -> Release {
        let release = Release(directory: self.directory, depth: self.depth, keyCount: self.count)
        self.depth = 0
        self.directory = .allocate(capacity: 1)
        self.directory.initialize(to: .allocate(depth: 0))
        self.count = 0
        self.expiringCount = 0
        return release
    }

    private mutating func split(_ segment: Segment, _ hash: UInt64) {
        let start = self.events.begin()
        precondition(segment.depth < Self.deepest, "the key hash does not tell keys apart")
        if segment.depth == self.depth { self.doubleDirectory() }
        let sibling = self.moveUpperHalf(of: segment)
        let span = 1 << (self.depth - segment.depth)
        // Both halves are now one level deeper; the upper one takes the upper half of the old places.
        let first = self.place(hash) & ~(2 * span - 1)
        for place in (first + span)..<(first + 2 * span) { self.directory[place] = sibling }
        self.events.end(.tableGrowth, since: start)
    }

    private mutating func doubleDirectory() {
        let old = self.directory
        let larger = UnsafeMutablePointer<Segment>.allocate(capacity: self.directoryCount * 2)
        for place in 0..<self.directoryCount {
            (larger + 2 * place).initialize(repeating: old[place], count: 2)
        }
        old.deallocate()
        self.directory = larger
        self.depth += 1
    }

    /// Moves the keys whose next bit is set into a new segment, each to the bucket of the same number, where there is room
    /// because nothing else is there.
    private func moveUpperHalf(of segment: Segment) -> Segment {
        let sibling = Segment.allocate(depth: segment.depth + 1)
        let bit = UInt64(1) << UInt64(63 - segment.depth)
        segment.depth += 1
        sibling.earliestExpiry = segment.earliestExpiry
        for index in 0..<Segment.bucketCount {
            let source = segment.bucket(index)
            let target = sibling.bucket(index)
            if index + 1 < Segment.bucketCount { segment.prefetchEntries(of: index + 1) }
            var kept = 0
            var moved = 0
            for slot in 0..<Segment.fill(source) {
                let word = source[slot]
                source[slot] = 0
                if self.hash(Slot.entry(word).key) & bit == 0 {
                    source[kept] = word
                    kept += 1
                } else {
                    target[moved] = word
                    moved += 1
                }
            }
        }
        return sibling
    }
}
