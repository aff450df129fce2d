package import Primitives
import RESP

/// What a snapshot says about itself, beside its keys.
package struct SnapshotFacts: Equatable, Sendable {
    package var history: History
    package var position: Position
    /// Wall clock of the moment that it shows.
    package var now: Milliseconds
    /// Of the server that wrote it.
    package var version: String
    /// Bytes in use when it was begun; nil when nobody asked.
    package var usedMemory: Int?
    /// In a group: what tells the last record that the data holds from others with its number.
    package var record: RecordFacts?

    /// The release of Redis whose files these are like.
    static let redisVersion = "7.0.15"

    package init(
        history: History,
        position: Position,
        now: Milliseconds,
        version: String = "0",
        usedMemory: Int? = nil,
        record: RecordFacts? = nil
    ) {
        self.history = history
        self.position = position
        self.now = now
        self.version = version
        self.usedMemory = usedMemory
        self.record = record
    }
}

/// The term of a record, and its checksum as groups compute it.
package struct RecordFacts: Equatable, Sendable {
    package var term: UInt64
    package var checksum: UInt32

    package init(term: UInt64, checksum: UInt32) {
        self.term = term
        self.checksum = checksum
    }
}

/// Names of the facts that only our own snapshots have; Redis passes over them.
enum SnapshotFactName {
    static let history: StaticString = "sluice-history"
    static let position: StaticString = "sluice-position"
    static let version: StaticString = "sluice-version"
    static let recordTerm: StaticString = "sluice-record-term"
    static let recordChecksum: StaticString = "sluice-record-checksum"
}
