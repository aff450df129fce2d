// One shard's data. Commands see keys that have not expired; a key whose time has come is removed where it is met (or by
// `expireSlice`), and its end is a mutation like any other, so that replicas never decide by their own clock.

package import Primitives
import RESP

package struct Keyspace: ~Copyable {
    var table: Table
    /// Wall clock of the command at work; the owner sets it before `execute`.
    package var now: Milliseconds = 0
    /// What the command at work did; the owner takes it after `execute`.
    package let mutations = Mutations()
    /// Whether keys end here by the clock. False on a replica: there a key ends by the primary's `DEL` alone, reads pass over
    /// what has expired, and the primary's commands find it still in place.
    package var decidesExpiry = true {
        didSet {
            guard let _ = self.heldExpiry else { return }
            self.heldExpiry = self.decidesExpiry
            self.decidesExpiry = false
        }
    }
    /// What `decidesExpiry` is to be after a pause; nil when there is none.
    private var heldExpiry: Bool?
    package internal(set) var statistics = KeyspaceStatistics()
    var watches = Watches()
    var generator: SeededGenerator
    /// Where a reply is gathered whose length must be told before it.
    let scratch = Writer()
    var releases: [Release] = []
    let views = (0..<Self.mostViews).map { View(mark: Slot.marks[$0]) }
    /// What this shard's collections share, and what is left of those that are gone.
    var collections: CollectionContext
    /// The same of tables that were exchanged for others, as long as a collection of theirs is left.
    var formerCollections: [CollectionContext] = []
    var expiryCursor = 0
    let events: BackgroundEvents

    /// - Parameter seed: secret; of the key hash and of random choices.
    package init(seed: UInt64, events: BackgroundEvents = BackgroundEvents()) {
        self.table = Table(seed: seed, events: events)
        self.generator = SeededGenerator(seed: seed ^ 0x5bd1_e995)
        self.collections = CollectionContext(seed: seed)
        self.events = events
    }

    deinit {
        for var release in self.releases { while release.step(segments: .max) {} }
    }

    package var count: Int { self.table.count }

    /// Lets no key end by the clock until `releaseExpiry`, whatever `decidesExpiry` is set to meanwhile: nothing is to be
    /// written that no command asked for.
    package mutating func holdExpiry() {
        guard self.heldExpiry == nil else { return }
        let before = self.decidesExpiry
        self.decidesExpiry = false
        self.heldExpiry = before
    }

    package mutating func releaseExpiry() {
        guard let before = self.heldExpiry else { return }
        self.heldExpiry = nil
        self.decidesExpiry = before
    }

    package var expiringCount: Int { self.table.expiringCount }

    /// Where a key is, or would be. Valid until the next change of the keyspace.
    struct Place {
        let hash: UInt64
        let slot: UnsafeMutablePointer<UInt64>?
        var entry: Entry? { self.slot.map { Slot.entry($0.pointee) } }
    }

    /// Finds a key. One that has expired is removed first, and not found.
    mutating func place(of key: Bytes) -> Place {
        let hash = self.table.hash(key)
        guard let slot = self.table.find(key, hash) else { return Place(hash: hash, slot: nil) }
        if Slot.hasExpiry(slot.pointee), self.decidesExpiry, Slot.entry(slot.pointee).isExpired(at: self.now) {
            self.expire(slot, in: self.table.segment(hash))
            return Place(hash: hash, slot: nil)
        }
        return Place(hash: hash, slot: slot)
    }

    /// Finds a key on behalf of a read, which counts as a hit or a miss.
    mutating func read(_ key: Bytes) -> Entry? {
        var entry = self.place(of: key).entry
        if let found = entry, found.hasExpiry, found.isExpired(at: self.now) { entry = nil }
        if entry == nil {
            self.statistics.misses += 1
        } else {
            self.statistics.hits += 1
        }
        return entry
    }

    /// Gives a key a value and an expiry (nil: none), whatever it had before.
    mutating func store(_ key: Bytes, _ value: Bytes, expiry: Milliseconds?, at place: Place) {
        let target = self.room(for: key, valueLength: value.count, expiry: expiry, at: place)
        target.copyMemory(from: value)
    }

    /// Gives a key a value of `valueLength` bytes that the caller writes at once. What was there before is gone.
    mutating func room(
        for key: Bytes,
        valueLength: Int,
        expiry: Milliseconds?,
        at place: Place
    ) -> UnsafeMutableRawBufferPointer {
        self.keyChanged(place.hash)
        guard let slot = place.slot else {
            let entry = Entry.allocate(key: key, valueLength: valueLength, expiry: expiry)
            self.table.insert(entry, place.hash)
            return entry.mutableValue
        }
        let entry = Slot.entry(slot.pointee)
        if entry.isString(withExpiry: expiry != nil), entry.fits(valueLength: valueLength),
            !self.table.isAwaited(slot.pointee)
        {
            entry.setValueLength(valueLength)
            if let expiry {
                entry.setExpiryInPlace(expiry)
                self.table.expiryMoved(of: entry, place.hash)
            }
            return entry.mutableValue
        }
        return self.exchange(slot, key, valueLength: valueLength, expiry: expiry, place.hash)
    }

    /// Puts a new block into a slot, the rarer case: out of the way of a value that is written in place.
    @inline(never)
    private mutating func exchange(
        _ slot: UnsafeMutablePointer<UInt64>,
        _ key: Bytes,
        valueLength: Int,
        expiry: Milliseconds?,
        _ hash: UInt64
    ) -> UnsafeMutableRawBufferPointer {
        let entry = Entry.allocate(key: key, valueLength: valueLength, expiry: expiry)
        self.retire(self.table.replace(slot, with: entry, hash))
        return entry.mutableValue
    }

    /// Changes the length of a key's value, or begins one. The bytes that were there stay, as far as there is room; new
    /// ones are for the caller to write at once.
    mutating func resize(
        _ key: Bytes,
        toLength length: Int,
        at place: Place
    ) -> UnsafeMutableRawBufferPointer {
        guard let slot = place.slot else { return self.room(for: key, valueLength: length, expiry: nil, at: place) }
        self.keyChanged(place.hash)
        let entry = Slot.entry(slot.pointee)
        if entry.fits(valueLength: length) {
            self.willChange(at: place)
            entry.setValueLength(length)
            return entry.mutableValue
        }
        let copy = Entry.allocate(key: key, valueLength: length, expiry: entry.expiry)
        copy.mutableValue.copyMemory(from: Bytes(rebasing: entry.value.prefix(length)))
        self.retire(self.table.replace(slot, with: copy, place.hash))
        return copy.mutableValue
    }

    /// Puts a whole entry where its key belongs, over what is there.
    mutating func put(_ entry: Entry, at place: Place) {
        self.keyChanged(place.hash)
        if let slot = place.slot {
            self.retire(self.table.replace(slot, with: entry, place.hash))
        } else {
            self.table.insert(entry, place.hash)
        }
    }

    /// Changes when a key ends; nil makes it last.
    mutating func setExpiry(_ expiry: Milliseconds?, at place: Place) {
        guard let slot = place.slot else { preconditionFailure("the key is not there") }
        self.keyChanged(place.hash)
        let entry = Slot.entry(slot.pointee)
        if entry.hasExpiry, let expiry {
            self.willChange(at: place)
            entry.setExpiryInPlace(expiry)
            self.table.expiryMoved(of: entry, place.hash)
        } else if entry.hasExpiry != (expiry != nil) {
            let copy = entry.copy(named: entry.key, expiry: expiry)
            self.retire(self.table.replace(slot, with: copy, place.hash))
        }
    }

    /// Removes a key that is there.
    mutating func remove(at place: Place) {
        guard let slot = place.slot else { preconditionFailure("the key is not there") }
        self.keyChanged(place.hash)
        self.retire(self.table.remove(slot, from: self.table.segment(place.hash)))
    }

    /// Whether a key that is to end at this time ends at once.
    func isPast(_ expiry: Milliseconds) -> Bool { self.decidesExpiry && expiry <= self.now }

    /// Removes a key whose time has come and says so to the replicas.
    mutating func expire(_ slot: UnsafeMutablePointer<UInt64>, in segment: Segment) {
        if self.watches.isActive { self.keyChanged(self.table.hash(Slot.entry(slot.pointee).key)) }
        let word = self.table.remove(slot, from: segment)
        self.mutations.appendRemoval(of: Slot.entry(word).key)
        self.statistics.expired += 1
        self.retire(word)
    }

    /// Removes every key at once; the memory goes back in slices (`releaseSlice`).
    package mutating func removeAll() {
        self.watches.allChanged(isReplaced: false)
        self.detach(self.table.removeAll())
    }

    /// Gives back a little of what `removeAll`, views, and the end of large collections left. False when there is nothing left
    /// to do.
    package mutating func releaseSlice() -> Bool {
        guard self.hasReleases else { return false }
        let start = self.events.begin()
        if let closing = self.views.first(where: { $0.state == .closing }) {
            closing.clearSlice(of: self.table.shape)
        } else if !self.releaseCollections(), var release = self.releases.popLast() {
            // Four segments are some two and a half thousand entries: well under a millisecond.
            if release.step(segments: 4) { self.releases.append(release) }
        }
        self.events.end(.releaseSlice, since: start)
        return self.hasReleases
    }

    private var hasReleases: Bool {
        !self.releases.isEmpty || !self.collections.isEmpty || self.formerCollections.contains { !$0.isEmpty }
            || self.views.contains { $0.state == .closing }
    }

    /// Gives back nodes of large collections; true when there were any. A node takes as long as an entry.
    private mutating func releaseCollections() -> Bool {
        if !self.collections.isEmpty {
            _ = self.collections.releaseSlice(nodes: Self.nodesPerSlice)
            return true
        }
        for index in self.formerCollections.indices.reversed() {
            if !self.formerCollections[index].isEmpty {
                _ = self.formerCollections[index].releaseSlice(nodes: Self.nodesPerSlice)
                return true
            }
            // None of their collections is left.
            if isKnownUniquelyReferenced(&self.formerCollections[index]) { self.formerCollections.remove(at: index) }
        }
        return false
    }

    private static let nodesPerSlice = 1024
}

/// Counters under Redis's names (`INFO stats`).
package struct KeyspaceStatistics {
    /// keyspace_hits
    package var hits = 0
    /// keyspace_misses
    package var misses = 0
    /// expired_keys
    package var expired = 0
}
