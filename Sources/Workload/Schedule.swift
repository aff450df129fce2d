// When an open loop sends: at times that are fixed beforehand, whether answers come or not, so that a server that stops for
// a moment cannot slow down the very load that would show it.

import Glibc
import Primitives

/// How the commands of an open loop follow each other.
package enum Arrival: String, Sendable, CaseIterable {
    /// Evenly.
    case fixed
    /// By chance, as independent clients do: intervals are exponential.
    case poisson
}

/// A schedule of groups of commands.
///
/// Commands that fall into one fifth of a millisecond go together, because a timer per command would cost the generator
/// more than the command itself. Evenly spaced ones below 5 000 a second stand alone; those that come by chance are meant to
/// go at the end of the fifth in which they fall, so many as chance has it.
package struct Schedule: Sendable {
    private static let groupSeconds = 0.000_2

    /// Commands that go at one time.
    package struct Group: Equatable, Sendable {
        /// When they are meant to go, in monotonic nanoseconds.
        package var intended: UInt64
        package var commands: Int
    }

    /// The most commands of one group; of more that fall together the rest makes another group of the same time.
    package let mostPerGroup: Int
    /// Between two looks whether a group is due, in nanoseconds.
    package let intervalNanoseconds: Double
    private let arrival: Arrival
    private let began: UInt64
    private var groups: UInt64 = 0
    private var generator: SeededGenerator
    /// Between two commands on average, in nanoseconds.
    private let meanGap: Double
    /// When the next command comes, in nanoseconds since the beginning; of the Poisson process.
    private var comes = 0.0

    /// - Parameters:
    ///   - rate: commands per second, more than zero.
    ///   - began: monotonic nanoseconds of the beginning.
    ///   - seed: of what comes by chance.
    package init(rate: Int, _ arrival: Arrival = .fixed, began: UInt64, seed: UInt64 = 0) {
        precondition(rate > 0, "a schedule sends something")
        let mean = Double(rate) * Self.groupSeconds
        let even = max(1, Int(mean.rounded()))
        self.arrival = arrival
        self.began = began
        self.generator = SeededGenerator(seed: seed)
        self.meanGap = 1e9 / Double(rate)
        switch arrival {
        case .fixed:
            self.mostPerGroup = even
            self.intervalNanoseconds = Double(even) / Double(rate) * 1e9
        case .poisson:
            self.mostPerGroup = 4 * even + 16
            self.intervalNanoseconds = Self.groupSeconds * 1e9
            self.comes = self.gap()
        }
    }

    /// When the next group is due, in monotonic nanoseconds.
    package var next: UInt64 {
        switch self.arrival {
        case .fixed: self.began + UInt64(Double(self.groups) * self.intervalNanoseconds)
        case .poisson: self.began + UInt64(self.slotEnd)
        }
    }

    /// Takes the next group if it is due by `now`.
    package mutating func take(by now: UInt64) -> Group? {
        let due = self.next
        guard due <= now else { return nil }
        switch self.arrival {
        case .fixed:
            self.groups += 1
            return Group(intended: due, commands: self.mostPerGroup)
        case .poisson:
            let end = self.slotEnd
            var commands = 0
            while self.comes <= end, commands < self.mostPerGroup {
                commands += 1
                self.comes += self.gap()
            }
            return Group(intended: due, commands: commands)
        }
    }

    /// The end of the fifth of a millisecond in which the next command comes.
    private var slotEnd: Double {
        (self.comes / self.intervalNanoseconds).rounded(.up) * self.intervalNanoseconds
    }

    private mutating func gap() -> Double { -log(1 - self.generator.unit()) * self.meanGap }
}
