import Channels
import Testing

@Suite("roles")
struct RoleMachineTests {
    private struct Change: Hashable {
        var from: Role
        var to: Role
        var signal: RoleSignal
    }

    /// Everything that may happen. Whatever is not here is refused.
    private static let allowed: Set<Change> = [
        Change(from: .idle, to: .replica, signal: .selected),
        Change(from: .idle, to: .idle, signal: .closed),
        Change(from: .replica, to: .candidate, signal: .missedHeartbeats),
        Change(from: .replica, to: .idle, signal: .closed),
        Change(from: .replica, to: .idle, signal: .diskPressureOnReplica),
        Change(from: .candidate, to: .candidate, signal: .anotherRound),
        Change(from: .candidate, to: .leader, signal: .won),
        Change(from: .candidate, to: .replica, signal: .lost),
        Change(from: .candidate, to: .replica, signal: .nobodyEligible),
        Change(from: .candidate, to: .replica, signal: .higherTerm),
        Change(from: .candidate, to: .replica, signal: .betterClaim),
        Change(from: .candidate, to: .idle, signal: .closed),
        Change(from: .candidate, to: .idle, signal: .diskPressureOnCandidate),
        Change(from: .leader, to: .replica, signal: .higherTerm),
        Change(from: .leader, to: .replica, signal: .betterClaim),
        Change(from: .leader, to: .idle, signal: .relinquished),
        Change(from: .leader, to: .idle, signal: .closed),
        Change(from: .leader, to: .idle, signal: .diskPressureOnLeader),
    ]

    /// The shortest way to each role.
    private func machine(in role: Role) throws -> RoleMachine {
        var machine = RoleMachine()
        guard role != .idle else { return machine }
        try machine.move(to: .replica, on: .selected)
        guard role != .replica else { return machine }
        try machine.move(to: .candidate, on: .missedHeartbeats)
        guard role != .candidate else { return machine }
        try machine.move(to: .leader, on: .won)
        return machine
    }

    @Test("every role takes every signal to every other as the table says", arguments: Role.allCases)
    func everyPair(from: Role) throws {
        for to in Role.allCases {
            let hasPair = Self.allowed.contains { $0.from == from && $0.to == to }
            for signal in RoleSignal.allCases {
                var machine = try self.machine(in: from)
                do throws(RoleError) {
                    try machine.move(to: to, on: signal)
                    #expect(Self.allowed.contains(Change(from: from, to: to, signal: signal)))
                    #expect(machine.role == to)
                } catch {
                    #expect(!Self.allowed.contains(Change(from: from, to: to, signal: signal)))
                    #expect(machine.role == from)
                    let expected: RoleError =
                        hasPair
                        ? .wrongSignal(from: from, to: to, signal: signal) : .noSuchTransition(from: from, to: to)
                    #expect(error == expected)
                }
            }
        }
    }

    @Test("closing an idle channel again is fine")
    func closingTwice() throws {
        var machine = RoleMachine()
        try machine.move(to: .idle, on: .closed)
        try machine.move(to: .idle, on: .closed)
        #expect(machine.role == .idle)
    }
}
