/// A round of an election under the quorum policy.
struct Election: Sendable {
    enum Phase: Equatable, Sendable {
        /// Would they vote? Nothing has changed yet.
        case asking
        /// The own vote is on its way to the disk.
        case storing
        case voting
    }

    var phase = Phase.asking
    var granted: [NodeID]
    /// When the next round begins.
    var endsAt: Microseconds
    /// Rounds in a row, this one included.
    let rounds: Int
}
