package import Keyspace
package import Primitives
import RESP

/// What a snapshot says about itself, and what was made of it.
package struct LoadedFacts: Equatable, Sendable {
    /// Nil in a file that this engine did not write.
    package fileprivate(set) var history: History?
    package fileprivate(set) var position: Position?
    /// The version of the engine that wrote it; nil for Redis and others.
    package fileprivate(set) var version: String?
    /// Wall clock of the moment that it shows, in ms, to the second.
    package fileprivate(set) var time: Milliseconds?
    private var recordTerm: UInt64?
    private var recordChecksum: UInt64?
    package internal(set) var byteCount = 0
    var announcedKeyCount = 0
    /// Keys left out because their time had come.
    package internal(set) var expiredCount = 0
    /// Keys left out because they were not accepted.
    package internal(set) var foreignKeyCount = 0

    /// Whether it comes from elsewhere: it has no place in any history.
    package var isForeign: Bool { self.history == nil || self.position == nil }

    /// Nil in a file of a node that is in no group.
    package var record: RecordFacts? {
        guard let term = self.recordTerm, let checksum = self.recordChecksum.flatMap({ UInt32(exactly: $0) }) else {
            return nil
        }
        return RecordFacts(term: term, checksum: checksum)
    }

    mutating func note(_ name: Bytes, _ value: Bytes) {
        if name.equals(Bytes(SnapshotFactName.history)) {
            self.history = History(hex: value)
        } else if name.equals(Bytes(SnapshotFactName.position)) {
            self.position = Decimal.readUnsigned(value)
        } else if name.equals(Bytes(SnapshotFactName.version)) {
            self.version = value.text
        } else if name.equals(Bytes(SnapshotFactName.recordTerm)) {
            self.recordTerm = Decimal.readUnsigned(value)
        } else if name.equals(Bytes(SnapshotFactName.recordChecksum)) {
            self.recordChecksum = Decimal.readUnsigned(value)
        } else if name.equals(Bytes("ctime")) {
            guard let seconds = Decimal.read(value), seconds <= .max / 1000, seconds >= 0 else { return }
            self.time = seconds * 1000
        }
    }
}

/// A snapshot that was loaded wholly.
package final class LoadedSnapshot {
    package let facts: LoadedFacts
    package let keyCount: Int
    private var keyspace: Keyspace
    private var isTaken = false

    init(_ keyspace: consuming Keyspace, _ facts: LoadedFacts) {
        self.keyCount = keyspace.count
        self.facts = facts
        self.keyspace = keyspace
    }

    package var history: History? { self.facts.history }
    package var position: Position? { self.facts.position }
    package var isForeign: Bool { self.facts.isForeign }

    /// The data, for `Keyspace.adopt`; to be taken once.
    package func takeKeyspace() -> Keyspace {
        precondition(!self.isTaken, "a snapshot's data is taken once")
        self.isTaken = true
        var taken = Keyspace(seed: 0)
        swap(&taken, &self.keyspace)
        return taken
    }
}
