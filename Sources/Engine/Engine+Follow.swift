// A shard that follows another one's stream. What comes from there has its number already: it is applied if it is the next
// one, and goes into this shard's own backlog and log as the same bytes under the same LSN, so that the shard can feed
// replicas of its own, come back with what it had, and go on numbering where the other one stopped.

import Keyspace
package import Primitives
package import RESP
import ReplicationLog

/// A frame that cannot be applied; the link it came on is dropped.
package enum ApplyError: Error, Sendable, CustomStringConvertible {
    /// It is not the one after the last; nothing has changed.
    case notNext(LSN, expected: LSN)
    /// This shard's log takes no record of so many bytes.
    case tooLong(LSN, bytes: Int)
    /// This version does not know the command, or the data does not let it be: it is not what the primary has.
    case failed(ReplayError)

    package var description: String {
        switch self {
        case .notNext(let lsn, let expected): "mutation \(lsn) came where \(expected) was next"
        case .tooLong(let lsn, let bytes): "mutation \(lsn) has \(bytes) bytes, more than the log takes"
        case .failed(let error): "mutation \(error.lsn) cannot be applied: \(error.reason)"
        }
    }
}

extension Engine {
    /// Begins or ends to follow: a follower's keys end by the primary's `DEL` alone.
    package mutating func setFollowing(_ isFollowing: Bool) { self.keyspace.decidesExpiry = !isFollowing }

    /// Applies the next mutation of the stream that is followed.
    /// - Parameters:
    ///   - replay: carries mutations out.
    ///   - now: wall clock.
    package mutating func applyFrame(
        _ lsn: LSN,
        _ command: Command,
        _ replay: inout Replay,
        now: Milliseconds
    ) throws(ApplyError) {
        guard lsn == self.tip + 1 else { throw .notNext(lsn, expected: self.tip + 1) }
        guard self.log == nil || command.length <= LogRecord.longestPayload else {
            throw .tooLong(lsn, bytes: command.length)
        }
        self.keyspace.now = now
        do throws(ReplayError) {
            try replay.carryOut(command, lsn: lsn, on: &self)
        } catch {
            throw .failed(error)
        }
        self.number(command.encoded)
        assert(self.tip == lsn, "a frame keeps its number")
    }
}
