// Writes a view of a keyspace as one RDB file, a slice at a time, while the keyspace is written to.
//
//     guard let snapshot = SnapshotWriter(on: &keyspace, facts) else { … }     // all views are taken
//     while !snapshot.write(from: &keyspace, into: writer, limit: 64 << 10) {
//         …                                                                    // send and empty the writer; run commands
//     }
//
// A slice ends after the key, or after the element of a collection, that passed the limit; a long string may be cut anywhere. Of
// a collection the writer holds a copy that shares its nodes, and the view keeps a long string, so that the key may be changed
// or removed between two slices.

package import Keyspace
import Primitives
import RDB
package import RESP

package final class SnapshotWriter {
    private enum Phase {
        case header
        case keys
        case finished
    }

    package let facts: SnapshotFacts
    private let view: ViewID
    private let viewCounts: (keys: Int, expiring: Int)
    private var encoder = RDBEncoder()
    private var phase = Phase.header
    /// The collection at work and the next element of it.
    private var collection: Collection?
    private var element = 0
    /// Bytes written of the long string at work, which the view keeps.
    private var stringOffset: Int?
    private var isViewOpen = true
    /// Longer strings are written in pieces.
    private static let longString = 64 << 10

    /// Of what has been written.
    package private(set) var keyCount = 0
    package private(set) var byteCount = 0

    /// Begins a snapshot of this moment. Nil when the keyspace has as many views as it can have.
    package init?(on keyspace: inout Keyspace, _ facts: SnapshotFacts) {
        guard let view = keyspace.openView() else { return nil }
        self.view = view
        self.facts = facts
        self.viewCounts = (keyspace.count, keyspace.expiringCount)
    }

    package var isFinished: Bool { self.phase == .finished }

    /// How much is done, from 0 to 1.
    package var fraction: Double {
        if self.isFinished { return 1 }
        return self.viewCounts.keys == 0 ? 0 : Double(self.keyCount) / Double(self.viewCounts.keys)
    }

    /// Appends the next slice to a writer.
    /// - Parameter limit: bytes after which the slice ends; it may be longer by a string or element of 64 KiB.
    /// - Returns: whether the file is complete; the view is closed then.
    package func write(from keyspace: inout Keyspace, into writer: Writer, limit: Int) -> Bool {
        let start = writer.count
        switch self.phase {
        case .finished: return true
        case .header:
            self.writeHeader(to: writer)
            self.phase = .keys
        case .keys: break
        }
        let isExhausted = self.writeKeys(of: &keyspace, into: writer, end: start + limit)
        if isExhausted {
            self.encoder.end(from: start, to: writer)
            self.close(on: &keyspace)
            self.phase = .finished
        } else {
            self.encoder.checksum(Bytes(rebasing: writer.bytes[start...]))
        }
        self.byteCount += writer.count - start
        return isExhausted
    }

    /// Gives the view up; to be called when the file will not be finished. Harmless when it was.
    package func close(on keyspace: inout Keyspace) {
        guard self.isViewOpen else { return }
        keyspace.closeView(self.view)
        self.isViewOpen = false
        self.collection = nil
    }

    private func writeHeader(to writer: Writer) {
        self.encoder.header(to: writer)
        self.encoder.aux("redis-ver", SnapshotFacts.redisVersion, to: writer)
        self.encoder.aux("redis-bits", "64", to: writer)
        self.encoder.aux("ctime", String(self.facts.now / 1000), to: writer)
        if let usedMemory = self.facts.usedMemory { self.encoder.aux("used-mem", String(usedMemory), to: writer) }
        self.encoder.aux("aof-base", "0", to: writer)
        self.encoder.aux(SnapshotFactName.history, self.facts.history.hex, to: writer)
        self.encoder.aux(SnapshotFactName.position, String(self.facts.position), to: writer)
        self.encoder.aux(SnapshotFactName.version, self.facts.version, to: writer)
        if let record = self.facts.record {
            self.encoder.aux(SnapshotFactName.recordTerm, String(record.term), to: writer)
            self.encoder.aux(SnapshotFactName.recordChecksum, String(record.checksum), to: writer)
        }
        guard self.viewCounts.keys > 0 else { return }
        self.encoder.sizes(keys: self.viewCounts.keys, expiring: self.viewCounts.expiring, to: writer)
    }

    /// True when no key is left.
    private func writeKeys(of keyspace: inout Keyspace, into writer: Writer, end: Int) -> Bool {
        while true {
            if self.collection != nil { self.writeElements(into: writer, end: end) }
            if self.stringOffset != nil { self.writeString(of: &keyspace, into: writer, end: end) }
            if writer.count >= end { return false }
            let keyCount = self.keyCount
            if keyspace.show(self.view, { self.write($0, into: writer, end: end) }) { return true }
            // The walk stops by itself where it finds nothing for long.
            if self.keyCount == keyCount { return false }
        }
    }

    private func write(_ entry: Entry, into writer: Writer, end: Int) -> ViewStep {
        self.keyCount += 1
        guard let collection = entry.collection else {
            if entry.valueLength > Self.longString {
                self.encoder.begin(string: entry.key, length: entry.valueLength, expiry: entry.expiry, to: writer)
                self.stringOffset = 0
                return .keep
            }
            self.encoder.string(entry.key, entry.value, expiry: entry.expiry, to: writer)
            return writer.count < end ? .goOn : .stop
        }
        self.encoder.begin(collection.kind.inFile, entry.key, count: collection.count, expiry: entry.expiry, to: writer)
        self.collection = collection
        self.element = 0
        return .stop
    }

    private func writeString(of keyspace: inout Keyspace, into writer: Writer, end: Int) {
        guard let offset = self.stringOffset, let value = keyspace.kept(self.view)?.value else { return }
        let next = min(value.count, offset + max(0, end - writer.count))
        self.encoder.piece(Bytes(rebasing: value[offset..<next]), to: writer)
        self.stringOffset = next
        guard next == value.count else { return }
        self.stringOffset = nil
        keyspace.letGo(self.view)
    }

    private func writeElements(into writer: Writer, end: Int) {
        guard let collection = self.collection else { return }
        let kind = collection.kind
        self.element = collection.visit(from: self.element) { element in
            switch kind {
            case .list, .set: self.encoder.member(element.member, to: writer)
            case .sortedSet: self.encoder.member(element.member, score: element.score, to: writer)
            case .hash: self.encoder.field(element.member, element.value, to: writer)
            case .string: preconditionFailure("a string has no elements")
            }
            return writer.count < end
        }
        if self.element == collection.count { self.collection = nil }
    }
}

extension ValueKind {
    fileprivate var inFile: RDBKind {
        switch self {
        case .list: .list
        case .set: .set
        case .sortedSet: .sortedSet
        case .hash: .hash
        case .string: preconditionFailure("a string is no collection")
        }
    }
}
