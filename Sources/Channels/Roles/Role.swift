/// What a node is in a channel. The numbers are those on the wire.
package enum Role: UInt8, CaseIterable, Sendable {
    case leader = 0
    case replica = 1
    case candidate = 2
    case idle = 3
}

/// Why a role changes.
package enum RoleSignal: String, CaseIterable, Sendable {
    /// The channel was opened, or the disk takes records again.
    case selected
    /// No leader was heard of for too long.
    case missedHeartbeats
    /// A round of an election ended without a winner.
    case anotherRound
    case won
    /// Somebody else leads.
    case lost
    case nobodyEligible
    case higherTerm
    /// Under the nearest policy: another leader has the longer log.
    case betterClaim
    case relinquished
    case closed
    case diskPressureOnReplica
    case diskPressureOnLeader
    case diskPressureOnCandidate
}

/// A change of role that the table does not have.
package enum RoleError: Error, Equatable, Sendable {
    /// No signal leads from the one to the other.
    case noSuchTransition(from: Role, to: Role)
    /// The transition exists, and is made by other signals.
    case wrongSignal(from: Role, to: Role, signal: RoleSignal)
}
