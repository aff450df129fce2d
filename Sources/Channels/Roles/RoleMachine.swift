// idle → replica → candidate → leader, or back:
//
//     idle ──selected──→ replica ──missedHeartbeats──→ candidate ──won──→ leader
//                           ↑ ←── lost, nobodyEligible, ──┘ │ ↺            │ │
//                           │     higherTerm, betterClaim     anotherRound │ │
//                           └──────── higherTerm, betterClaim ─────────────┘ │
//     idle ←── relinquished ─────────────────────────────────────────────────┘
//     idle ←── closed, from every role; idle itself included
//     idle ←── diskPressureOn…, from every other role, under a signal of its own
//
// Everything else is refused.

package struct RoleMachine: Equatable, Sendable {
    package private(set) var role = Role.idle

    package init() {}

    /// - Throws: when the table has no such change; the role stays what it is.
    package mutating func move(to role: Role, on signal: RoleSignal) throws(RoleError) {
        let signals = Self.signals(from: self.role, to: role)
        guard !signals.isEmpty else { throw .noSuchTransition(from: self.role, to: role) }
        guard signals.contains(signal) else { throw .wrongSignal(from: self.role, to: role, signal: signal) }
        self.role = role
    }

    /// The signals that lead from one role to another; none where there is no such transition.
    package static func signals(from: Role, to: Role) -> [RoleSignal] {
        switch (from, to) {
        case (.idle, .replica): [.selected]
        case (.idle, .idle): [.closed]
        case (.idle, .candidate), (.idle, .leader): []
        case (.replica, .candidate): [.missedHeartbeats]
        case (.replica, .idle): [.closed, .diskPressureOnReplica]
        case (.replica, .replica), (.replica, .leader): []
        case (.candidate, .candidate): [.anotherRound]
        case (.candidate, .leader): [.won]
        case (.candidate, .replica): [.lost, .nobodyEligible, .higherTerm, .betterClaim]
        case (.candidate, .idle): [.closed, .diskPressureOnCandidate]
        case (.leader, .replica): [.higherTerm, .betterClaim]
        case (.leader, .idle): [.relinquished, .closed, .diskPressureOnLeader]
        case (.leader, .leader), (.leader, .candidate): []
        }
    }
}
