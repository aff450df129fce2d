// How commands come to a key's collection, and what happens to the key when the collection is empty.

package import Primitives
import RESP

extension Keyspace {
    /// What a key holds, for a command on one kind of collection.
    enum Found {
        case nothing
        case box(CollectionBox)
        /// Another kind of value.
        case wrongType
    }

    /// A key's collection for a read.
    mutating func read(_ key: Bytes, _ kind: ValueKind, _ reply: Writer) -> Found {
        guard let entry = self.read(key) else { return .nothing }
        return Self.found(entry, kind, reply)
    }

    static func found(_ entry: Entry?, _ kind: ValueKind, _ reply: Writer) -> Found {
        let found = Self.found(entry, kind)
        if case .wrongType = found { reply.error(CommandError.wrongType) }
        return found
    }

    /// The same without an answer.
    static func found(_ entry: Entry?, _ kind: ValueKind) -> Found {
        guard let entry else { return .nothing }
        guard let box = entry.box, box.kind == kind else { return .wrongType }
        return .box(box)
    }

    /// The collection of a key that is there and has one, for changes in place.
    mutating func change(at place: Place) -> CollectionBox {
        self.willChange(at: place)
        self.keyChanged(place.hash)
        guard let entry = place.entry else { preconditionFailure("the key is not there") }
        return entry.uniqueBox()
    }

    /// The collection of a key, or a new one, for changes in place; nil for another kind of value, with the error answered.
    mutating func changeOrMake(
        _ key: Bytes,
        _ kind: ValueKind,
        at place: Place,
        _ reply: Writer
    ) -> CollectionBox? {
        guard let entry = place.entry else {
            let box = CollectionBox(kind, self.collections)
            self.put(Entry.allocate(key: key, box: box, expiry: nil), at: place)
            return box
        }
        guard entry.kind == kind else {
            reply.error(CommandError.wrongType)
            return nil
        }
        return self.change(at: place)
    }

    /// Removes a key whose collection became empty.
    mutating func removeIfEmpty(_ box: CollectionBox, at place: Place) {
        if box.count == 0 { self.remove(at: place) }
    }

    /// A builder of collections for this keyspace.
    package func builder(_ kind: ValueKind) -> CollectionBuilder {
        CollectionBuilder(kind: kind, context: self.collections)
    }

    /// Gives a key that is not there a value; false when it is there already.
    package mutating func load(_ key: Bytes, _ value: Bytes, expiry: Milliseconds?) -> Bool {
        let hash = self.table.hash(key)
        guard self.table.find(key, hash) == nil else { return false }
        self.store(key, value, expiry: expiry, at: Place(hash: hash, slot: nil))
        return true
    }

    /// Gives a key that is not there a collection; false when it is there already, or the collection is empty.
    package mutating func load(_ key: Bytes, _ collection: Collection, expiry: Milliseconds?) -> Bool {
        let hash = self.table.hash(key)
        guard collection.count > 0, self.table.find(key, hash) == nil else { return false }
        collection.box.adopt(self.collections)
        let entry = Entry.allocate(key: key, box: collection.box, expiry: expiry)
        self.put(entry, at: Place(hash: hash, slot: nil))
        return true
    }
}

extension Entry? {
    /// Whether a command on strings may go on: with a string, or with nothing. Answers with the error otherwise.
    @inline(__always)
    func isString(orAnswer reply: Writer) -> Bool {
        guard let self, self.isCollection else { return true }
        reply.error(CommandError.wrongType)
        return false
    }
}
