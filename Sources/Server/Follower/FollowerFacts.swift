// What an operator sees of a shard that follows.

import Primitives
import Replication

/// Why a follower's connection to its primary ended.
enum FollowerEnd: CustomStringConvertible {
    /// The primary could not be reached, or is not what it should be.
    case unreachable(String)
    case closed
    case broken(String)
    /// The primary's own words.
    case refused(String)
    case malformed(FollowerError)
    case failedToApply(String)
    /// A snapshot was damaged, or cannot be kept.
    case badSnapshot(String)
    /// The primary said nothing for `--link-timeout`.
    case mute
    /// An operator asked for another role.
    case stopped

    /// The connection ended; what came on it is good.
    var isOfConnection: Bool {
        switch self {
        case .closed, .broken: true
        case .unreachable, .refused, .malformed, .failedToApply, .badSnapshot, .mute, .stopped: false
        }
    }

    var description: String {
        switch self {
        case .unreachable(let reason): "the primary cannot be reached: \(reason)"
        case .closed: "the primary closed the connection"
        case .broken(let reason): "the connection broke: \(reason)"
        case .refused(let reason): "the primary refused: \(reason)"
        case .malformed(let error): error.description
        case .failedToApply(let reason): reason
        case .badSnapshot(let reason): "the snapshot is of no use: \(reason)"
        case .mute: "the primary was mute for the link time-out"
        case .stopped: "stopped by the operator"
        }
    }
}

struct FollowerCounters: Sendable {
    var connects = 0
    var frames = 0
    var bytes = 0
    /// Mutations that were missing, or came again.
    var gaps = 0
    var decodingErrors = 0
    var applyErrors = 0
    var refusals = 0
    var timeouts = 0
    /// Times that the inbox was full and reading stopped.
    var inboxStalls = 0
    var snapshotsBegun = 0
    var snapshotsInstalled = 0
    var snapshotsAbandoned = 0

    mutating func count(_ end: FollowerEnd) {
        switch end {
        case .malformed(let error):
            switch error.kind {
            case .gap: self.gaps += 1
            case .decoding: self.decodingErrors += 1
            }
        case .failedToApply: self.applyErrors += 1
        case .badSnapshot: self.decodingErrors += 1
        case .refused: self.refusals += 1
        case .mute: self.timeouts += 1
        case .unreachable, .closed, .broken, .stopped: break
        }
    }
}

struct FollowerFacts: Sendable {
    /// As `ROLE` names it: connect, connecting, sync, connected.
    var state: String
    var isSynchronizing: Bool
    /// Seconds since the primary said something; nil when it never did.
    var lastReadSecondsAgo: Int64?
    /// Seconds that the link has been down; nil while it is up.
    var downSeconds: Int64?
    var counters: FollowerCounters
    /// Why the connection ended last; nil when it never did.
    var lastError: String?
    /// The primary's tip, as it said last.
    var primaryTip: Position?
    var inboxBytes: Int
}
