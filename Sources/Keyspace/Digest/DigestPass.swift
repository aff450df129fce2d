// Computes the digest of one moment in slices, while the keyspace is written to.
//
//     guard let pass = DigestPass(on: &keyspace) else { … }        // all views are taken
//     while !pass.step(on: &keyspace, bytes: 1 << 20) { … }        // run commands
//     pass.digest

import Primitives

package final class DigestPass {
    private let view: ViewID
    private var isViewOpen = true
    /// The digest, once `step` has returned true.
    package private(set) var digest = Digest()
    package private(set) var keyCount = 0
    package private(set) var isFinished = false

    /// The collection at work, the next element of it, its key's digest, and that of the elements so far.
    private var collection: Collection?
    private var element = 0
    private var head = Digest()
    private var elements = Digest()

    /// What a key or an element costs beside its bytes, as so many bytes of them.
    private static let overheadBytes = 32

    /// Begins a digest of this moment. Nil when the keyspace has as many views as it can have.
    package init?(on keyspace: inout Keyspace) {
        guard let view = keyspace.openView() else { return nil }
        self.view = view
    }

    /// Goes on for about so many bytes of keys and values; 1 MiB takes a fraction of a millisecond.
    /// - Returns: whether the digest is complete; the view is closed then.
    package func step(on keyspace: inout Keyspace, bytes limit: Int) -> Bool {
        guard !self.isFinished else { return true }
        var left = limit
        while left > 0 {
            if self.collection != nil { self.takeElements(&left) }
            guard left > 0 else { break }
            let keyCount = self.keyCount
            if keyspace.walk(self.view, { self.take($0, &left) && left > 0 }) {
                self.isFinished = true
                self.close(on: &keyspace)
                return true
            }
            // The walk stops by itself where it finds nothing for long.
            if self.keyCount == keyCount { break }
        }
        return false
    }

    /// Gives the view up; to be called when the digest will not be finished. Harmless when it was.
    package func close(on keyspace: inout Keyspace) {
        guard self.isViewOpen else { return }
        keyspace.closeView(self.view)
        self.isViewOpen = false
        self.collection = nil
    }

    /// False when the walk must stop, because the key's elements come first.
    private func take(_ entry: Entry, _ left: inout Int) -> Bool {
        self.keyCount += 1
        let head = Digest(key: entry.key, kind: entry.kind, expiry: entry.expiry)
        left -= entry.allocatedBytes + Self.overheadBytes
        guard let collection = entry.collection else {
            self.digest.add(head.followed(by: Digest(of: entry.value)))
            return true
        }
        self.collection = collection
        self.element = 0
        self.head = head
        self.elements = Digest()
        return false
    }

    private func takeElements(_ left: inout Int) {
        guard let collection = self.collection else { return }
        let isList = collection.kind == .list
        var (elements, bytes) = (self.elements, left)
        self.element = collection.visit(from: self.element) { element in
            if isList {
                elements = elements.followed(by: Digest(element))
            } else {
                elements.add(Digest(element))
            }
            bytes -= element.member.count + element.value.count + Self.overheadBytes
            return bytes > 0
        }
        (self.elements, left) = (elements, bytes)
        guard self.element == collection.count else { return }
        self.digest.add(self.head.followed(by: elements))
        self.collection = nil
    }
}
