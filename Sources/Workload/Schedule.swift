// When an open loop sends: at times that are fixed beforehand, whether answers come or not, so that a server that stops for
// a moment cannot slow down the very load that would show it.

/// A deterministic schedule of groups of commands, evenly spaced.
///
/// Commands that fall into one fifth of a millisecond go together, because a timer per command would cost the generator
/// more than the command itself; below 5 000 commands a second every command stands alone.
package struct Schedule: Sendable {
    private static let groupSeconds = 0.000_2

    /// Commands that are sent at one time.
    package let commandsPerGroup: Int
    /// Between two groups, in nanoseconds.
    package let intervalNanoseconds: Double
    private let began: UInt64
    private var groups: UInt64 = 0

    /// - Parameters:
    ///   - rate: commands per second, more than zero.
    ///   - began: monotonic nanoseconds of the first group.
    package init(rate: Int, began: UInt64) {
        precondition(rate > 0, "a schedule sends something")
        self.commandsPerGroup = max(1, Int((Double(rate) * Self.groupSeconds).rounded()))
        self.intervalNanoseconds = Double(self.commandsPerGroup) / Double(rate) * 1e9
        self.began = began
    }

    /// When the next group is due, in monotonic nanoseconds.
    package var next: UInt64 { self.began + UInt64(Double(self.groups) * self.intervalNanoseconds) }

    /// Takes the next group if it is due by `now`.
    /// - Returns: when it was meant to go.
    package mutating func take(by now: UInt64) -> UInt64? {
        let due = self.next
        guard due <= now else { return nil }
        self.groups += 1
        return due
    }
}
