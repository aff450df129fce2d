// Points in time (docs/decisions/0010-views.md): a view is opened without a look at any key, and shows each key as it was
// then while the shard goes on writing.

import Primitives

extension Keyspace {
    /// Views that may be alive at once: as many as there are spare bits in a slot.
    package static let mostViews = Slot.marks.count

    /// Opens a view of this moment. Nil when all are taken, or not wholly closed yet (`releaseSlice`).
    package mutating func openView() -> ViewID? {
        guard let index = self.views.firstIndex(where: { $0.state == .free }) else { return nil }
        let view = self.views[index]
        self.table.marks ^= view.mark
        self.table.watched |= view.mark
        view.open(done: self.table.marks & view.mark)
        return ViewID(index: index, serial: view.serial)
    }

    /// Shows entries of a view that it has not shown yet, each once, in no particular order. An entry is valid for its
    /// visit alone.
    /// - Parameter body: false to stop after this entry. It is also stopped after many empty segments, without being asked.
    /// - Returns: whether all was shown.
    package mutating func walk(_ id: ViewID, _ body: (Entry) -> Bool) -> Bool {
        self.show(id) { body($0) ? .goOn : .stop }
    }

    /// Walks like `walk`, and may keep an entry, say a long string that is to be read piece by piece. It must be let go before
    /// the walk goes on.
    package mutating func show(_ id: ViewID, _ body: (Entry) -> ViewStep) -> Bool {
        let view = self.view(id)
        if view.state == .exhausted { return true }
        precondition(view.kept == nil, "the entry that was kept must be let go first")
        // First, so that what had to be preserved takes memory for no longer than until the next slice.
        while let entry = view.preserved.pop() {
            switch body(entry) {
            case .goOn: entry.deallocate()
            case .stop:
                entry.deallocate()
                return false
            case .keep:
                view.keep(entry, isOwn: true)
                return false
            }
        }
        guard view.walk(view.detached?.shape ?? self.table.shape, body) else { return false }
        self.unwatch(view)
        view.exhaust()
        return true
    }

    /// The entry that was kept, as it was at the view's moment; valid until the next change of the keyspace.
    package func kept(_ id: ViewID) -> Entry? { self.view(id).kept }

    /// Lets go of the entry that was kept.
    package mutating func letGo(_ id: ViewID) {
        let view = self.view(id)
        guard let entry = view.letGo() else { return }
        // It has not been changed, so it is where it belongs.
        let hash = (view.detached?.hash ?? self.table.hash)(entry.key)
        let segment = (view.detached?.shape ?? self.table.shape).segment(hash)
        guard let slot = segment.find(entry.key, hash) else { preconditionFailure("a kept entry is in its table") }
        slot.pointee ^= view.mark
    }

    /// Ends a view, whether it was walked through or not.
    package mutating func closeView(_ id: ViewID) {
        let view = self.view(id)
        self.unwatch(view)
        view.close()
    }

    /// Bytes of entries that are here for views alone: those that were changed or removed, and, as an estimate, those of emptied
    /// tables. A collection's nodes are not counted.
    package var viewBytes: Int {
        var bytes = 0
        var tables: [DetachedTable] = []
        for view in self.views {
            bytes += view.preserved.allocatedBytes
            if view.ownsKept, let kept = view.kept { bytes += kept.allocatedBytes }
            guard let table = view.detached, !tables.contains(where: { $0 === table }) else { continue }
            tables.append(table)
            bytes += table.estimatedBytes
        }
        return bytes
    }

    private func view(_ id: ViewID) -> View {
        let view = self.views[id.index]
        precondition(view.serial == id.serial && view.state != .free && view.state != .closing, "the view is not open")
        return view
    }

    private mutating func unwatch(_ view: View) {
        if let table = view.detached {
            view.leaveMarks()
            view.detached = nil
            if let release = table.leave() { self.releases.append(release) }
        } else {
            self.table.watched &= ~view.mark
        }
    }

    /// Says that the entry at a place is about to be changed in place. (What is put in its stead, or removed, needs no word.)
    mutating func willChange(at place: Place) {
        guard let slot = place.slot, self.table.isAwaited(slot.pointee) else { return }
        self.preserve(slot.pointee, ownsEntry: false)
        slot.pointee = slot.pointee & ~self.table.watched | self.table.marks & self.table.watched
    }

    /// Gives back an entry that is no longer in the table, or hands it to the views that await it.
    mutating func retire(_ word: UInt64) {
        if self.table.isAwaited(word) {
            self.preserve(word, ownsEntry: true)
        } else {
            Slot.entry(word).deallocate()
        }
    }

    /// Every view that awaits an entry gets one of its own; the first gets the entry itself if it can be had.
    @inline(never)
    private mutating func preserve(_ word: UInt64, ownsEntry: Bool) {
        let entry = Slot.entry(word)
        let awaiting = (word ^ self.table.marks) & self.table.watched
        var isFree = ownsEntry
        for view in self.views where view.mark & awaiting != 0 {
            view.preserve(isFree ? entry : entry.copy(named: entry.key), insteadOf: entry)
            isFree = false
        }
    }

    /// Lets a table go that is no longer this keyspace's: at once, or when the views over it are done.
    mutating func detach(_ release: Release) {
        self.table.watched = 0
        for view in self.views where view.state == .closing { view.leaveMarks() }
        let watching = self.views.filter { $0.state == .open && $0.detached == nil }
        guard !watching.isEmpty else { return self.releases.append(release) }
        let table = DetachedTable(release, self.table.hash)
        table.viewCount = watching.count
        for view in watching { view.detached = table }
    }
}
