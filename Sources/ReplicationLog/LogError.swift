import Primitives

/// What went wrong with a log, and what to do about it.
package struct LogError: Error, Sendable, CustomStringConvertible {
    package enum Code: Equatable, Sendable {
        /// A call on the storage failed; `underlying` tells which.
        case storage
        /// A segment holds something that is not the next record.
        case damaged(segment: String, offset: Int, RecordDamage)
        /// Records are missing between two segments, and no skip is on record.
        case gap
        /// Written by a newer version of this program.
        case newerFormat
        /// A file of the log's own that cannot be read.
        case malformed
        /// The position is no longer, or not yet, in the log.
        case notInLog
        /// There is a log already where one is to be made.
        case notEmpty
    }

    package var code: Code
    package var message: String
    package var underlying: StorageError?

    package init(_ code: Code, _ message: String, underlying: StorageError? = nil) {
        self.code = code
        self.message = message
        self.underlying = underlying
    }

    init(_ error: StorageError) {
        self.init(.storage, "the log's storage failed", underlying: error)
    }

    init(damaged segment: LSN, at offset: Int, _ damage: RecordDamage) {
        let name = SegmentName.log(segment)
        self.init(
            .damaged(segment: name, offset: offset, damage),
            "segment \(name) is damaged at offset \(offset): \(damage.rawValue)"
        )
    }

    /// Runs a call on the storage, and tells its failure as the log's.
    package static func wrapping<Result>(_ body: () throws(StorageError) -> Result) throws(LogError) -> Result {
        do throws(StorageError) {
            return try body()
        } catch {
            throw LogError(error)
        }
    }

    package var description: String { self.underlying.map { "\(self.message): \($0)" } ?? self.message }

    /// Whether there was no room on the disk.
    package var isNoSpace: Bool { self.underlying?.code == .noSpace }
}
