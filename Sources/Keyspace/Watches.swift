// Keys that clients watch, so that a transaction is given up when one of them changed meanwhile. A key is known here by its
// 64-bit hash alone: two keys that share one would make a transaction fail without need, once in a blue moon, and its client
// tries again as it must anyway. A change finds the watchers; a transaction then looks at one flag.
// Source: https://redis.io/docs/latest/develop/interact/transactions/

package import Primitives

/// Who watches which keys of a shard, and whose keys have changed.
struct Watches {
    private struct Watcher {
        /// Nothing once a key has changed: nobody asks for more than that.
        var hashes: Set<UInt64> = []
        var isChanged = false
        /// One of the keys is there, so that emptying the shard changes it.
        var hasPresent = false
        /// When the first of the keys ends by the clock.
        var firstEnd = Milliseconds.max
    }

    /// Whether a change must be looked at; all that a write asks while nobody watches.
    private(set) var isActive = false
    private var watchers: [Int64: Watcher] = [:]
    private var watchersByHash: [UInt64: [Int64]] = [:]

    /// Keys that one client may watch; each takes some hundred bytes here.
    static let mostKeys = 65_536

    /// - Parameters:
    ///   - end: when the key ends; nil for one that lasts or is not there.
    /// - Returns: false when the watcher has too many keys.
    mutating func add(_ hash: UInt64, by watcher: Int64, isPresent: Bool, end: Milliseconds?) -> Bool {
        var state = self.watchers[watcher] ?? Watcher()
        guard !state.isChanged, !state.hashes.contains(hash) else { return true }
        guard state.hashes.count < Self.mostKeys else { return false }
        state.hashes.insert(hash)
        state.hasPresent = state.hasPresent || isPresent
        state.firstEnd = min(state.firstEnd, end ?? .max)
        self.watchers[watcher] = state
        self.watchersByHash[hash, default: []].append(watcher)
        self.isActive = true
        return true
    }

    mutating func remove(_ watcher: Int64) {
        self.forgetHashes(of: watcher)
        self.watchers[watcher] = nil
    }

    func isChanged(for watcher: Int64, now: Milliseconds) -> Bool {
        guard let state = self.watchers[watcher] else { return false }
        return state.isChanged || state.firstEnd <= now
    }

    mutating func keyChanged(_ hash: UInt64) {
        for watcher in self.watchersByHash.removeValue(forKey: hash) ?? [] { self.markChanged(watcher) }
    }

    /// Every key is gone, or (`isReplaced`) may have got another value.
    mutating func allChanged(isReplaced: Bool) {
        for (watcher, state) in self.watchers where state.hasPresent || isReplaced { self.markChanged(watcher) }
    }

    private mutating func markChanged(_ watcher: Int64) {
        self.forgetHashes(of: watcher)
        self.watchers[watcher]?.isChanged = true
    }

    private mutating func forgetHashes(of watcher: Int64) {
        for hash in self.watchers[watcher]?.hashes ?? [] {
            self.watchersByHash[hash]?.removeAll { $0 == watcher }
            if self.watchersByHash[hash]?.isEmpty ?? false { self.watchersByHash[hash] = nil }
        }
        self.watchers[watcher]?.hashes = []
        self.isActive = !self.watchersByHash.isEmpty
    }
}

extension Keyspace {
    /// Begins to watch a key.
    /// - Parameter watcher: the client's number.
    /// - Returns: false when the client watches too many already.
    package mutating func watch(_ key: Bytes, by watcher: Int64) -> Bool {
        let place = self.place(of: key)
        let entry = place.entry
        // On a replica one may lie here that has expired: its removal to come is a change, its end is not.
        let end = entry.flatMap { $0.isExpired(at: self.now) ? nil : $0.expiry }
        return self.watches.add(place.hash, by: watcher, isPresent: entry != nil, end: end)
    }

    package mutating func unwatch(_ watcher: Int64) { self.watches.remove(watcher) }

    /// The data are others now: every key that is watched may have changed.
    package mutating func allKeysChanged() { self.watches.allChanged(isReplaced: true) }

    /// Whether a key that a client watches has changed or ended since it began to.
    package func hasChanged(for watcher: Int64) -> Bool { self.watches.isChanged(for: watcher, now: self.now) }

    /// To be called wherever a key gets, loses or changes its value or its expiry.
    @inline(__always)
    mutating func keyChanged(_ hash: UInt64) {
        if self.watches.isActive { self.noteChange(hash) }
    }

    @inline(never)
    private mutating func noteChange(_ hash: UInt64) { self.watches.keyChanged(hash) }
}
