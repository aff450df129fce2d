// Loads an RDB file that comes in pieces, cut anywhere, into a keyspace of its own, which takes the place of the live one when
// all of it was right (`Keyspace.adopt`). Until then nobody sees any of it, and the live one serves.

import Keyspace
package import Primitives
import RDB
import RESP

package final class SnapshotLoader {
    private var keyspace: Keyspace
    private let accepts: ((Bytes) -> Bool)?
    private let now: Milliseconds?
    private let decoder = RDBDecoder()
    /// The key at work, whose elements come.
    private var builder: CollectionBuilder?
    private let builderKey = Writer()
    private var builderExpiry: Milliseconds?
    private var facts = LoadedFacts()
    private var failure: SnapshotError?

    /// - Parameters:
    ///   - seed: of the new keyspace's hash; secret.
    ///   - accepts: whether a key belongs here; others are counted and left out. Nil takes all.
    ///   - endingKeysAt: the time at which what has expired is left out, where this node decides when keys end. Nil keeps it: a
    ///     replica waits for its primary's word.
    package init(
        seed: UInt64,
        accepts: ((Bytes) -> Bool)? = nil,
        endingKeysAt now: Milliseconds? = nil,
        events: BackgroundEvents = BackgroundEvents()
    ) {
        self.keyspace = Keyspace(seed: seed, events: events)
        self.accepts = accepts
        self.now = now
    }

    /// Keys so far.
    package var keyCount: Int { self.keyspace.count }
    /// How many keys the snapshot says it has; a hint.
    package var announcedKeyCount: Int { self.facts.announcedKeyCount }
    package private(set) var byteCount = 0

    /// Takes the next piece, of any length; it is all read when the call returns.
    /// - Throws: what is wrong with the snapshot. From then on every call throws the same.
    package func load(_ piece: Bytes) throws(SnapshotError) {
        if let failure = self.failure { throw failure }
        do throws(RDBError) {
            try self.decoder.decode(piece) { event throws(RDBError) in try self.take(event) }
        } catch {
            throw self.fail(error)
        }
        self.byteCount += piece.count
    }

    /// There are no more pieces.
    /// - Returns: what was loaded, which leaves the loader empty.
    package func finish() throws(SnapshotError) -> LoadedSnapshot {
        if let failure = self.failure { throw failure }
        do throws(RDBError) {
            try self.decoder.finish()
        } catch {
            throw self.fail(error)
        }
        var loaded = Keyspace(seed: 0)
        swap(&loaded, &self.keyspace)
        self.facts.byteCount = self.byteCount
        return LoadedSnapshot(loaded, self.facts)
    }

    private func fail(_ error: RDBError) -> SnapshotError {
        let failure = self.failure.map { failure in
            var failure = failure
            failure.offset = error.offset
            return failure
        }
        let result = failure ?? SnapshotError(error)
        self.failure = result
        return result
    }

    private func take(_ event: RDBEvent) throws(RDBError) {
        switch event {
        case .string(let key, let value, let expiry):
            guard self.wants(key, expiry) else { return }
            guard self.keyspace.load(key, value, expiry: expiry) else { throw self.refuse(.duplicateKey, key) }
        case .begin(let kind, let key, _, let expiry):
            guard self.wants(key, expiry) else { return }
            self.builder = self.keyspace.builder(ValueKind(kind))
            self.builderKey.removeAll()
            self.builderKey.raw(key)
            self.builderExpiry = expiry
        case .element(let member, let value, let score):
            // Of a key that is left out there is no builder.
            guard let isNew = self.builder?.append(member: member, value: value, score: score) else { return }
            guard isNew else { throw self.refuse(.duplicateElement, self.builderKey.bytes) }
        case .endOfValue:
            guard let collection = self.builder.take()?.finish() else { return }
            let key = self.builderKey.bytes
            guard self.keyspace.load(key, collection, expiry: self.builderExpiry) else {
                throw self.refuse(.duplicateKey, key)
            }
        case .aux(let name, let value): self.facts.note(name, value)
        case .sizes(let keys, _): self.facts.announcedKeyCount = Int(clamping: keys)
        case .selectDB, .end: break
        }
    }

    /// Whether a key is to be loaded; counts those that are not.
    private func wants(_ key: Bytes, _ expiry: Milliseconds?) -> Bool {
        if let expiry, let now = self.now, expiry <= now {
            self.facts.expiredCount += 1
            return false
        }
        guard let accepts = self.accepts, !accepts(key) else { return true }
        self.facts.foreignKeyCount += 1
        return false
    }

    private func refuse(_ code: SnapshotError.Code, _ key: Bytes) -> RDBError {
        let what: String =
            switch code {
            case .duplicateElement: "an element of the key \(RDBError.quoted(key)) is there twice"
            case .duplicateKey, .damaged, .incomplete, .unsupported: "the key \(RDBError.quoted(key)) is there twice"
            }
        // Where, the decoder knows.
        self.failure = SnapshotError(code: code, offset: 0, message: what)
        return RDBError(.refused, offset: 0, what)
    }
}

extension ValueKind {
    fileprivate init(_ kind: RDBKind) {
        switch kind {
        case .list: self = .list
        case .set: self = .set
        case .sortedSet: self = .sortedSet
        case .hash: self = .hash
        }
    }
}
