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
    /// Bytes read of the long string at work, which the view keeps.
    private var stringOffset: Int?

    /// Strings are read in pieces of so many bytes; part of what a digest is.
    private static let pieceBytes = 64 << 10
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
            if self.stringOffset != nil { self.takePieces(of: &keyspace, &left) }
            guard left > 0 else { break }
            let keyCount = self.keyCount
            if keyspace.show(self.view, { self.take($0, &left) }) {
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

    private func take(_ entry: Entry, _ left: inout Int) -> ViewStep {
        self.keyCount += 1
        let head = Digest(key: entry.key, kind: entry.kind, expiry: entry.expiry)
        left -= entry.key.count + Self.overheadBytes
        guard let collection = entry.collection else {
            if entry.valueLength > Self.pieceBytes {
                self.head = head
                self.elements = Digest()
                self.stringOffset = 0
                return .keep
            }
            left -= entry.valueLength
            self.digest.add(head.followed(by: Digest(of: entry.value)))
            return left > 0 ? .goOn : .stop
        }
        self.collection = collection
        self.element = 0
        self.head = head
        self.elements = Digest()
        return .stop
    }

    private func takePieces(of keyspace: inout Keyspace, _ left: inout Int) {
        guard var offset = self.stringOffset, let value = keyspace.kept(self.view)?.value else { return }
        while offset < value.count, left > 0 {
            let end = min(offset + Self.pieceBytes, value.count)
            self.elements = self.elements.followed(by: Digest(of: Bytes(rebasing: value[offset..<end])))
            left -= end - offset
            offset = end
        }
        self.stringOffset = offset
        guard offset == value.count else { return }
        self.digest.add(self.head.followed(by: self.elements))
        self.stringOffset = nil
        keyspace.letGo(self.view)
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
