// Which commands are timed. A look at the clock costs about a twentieth of a SET, so a fast command is not given one of its
// own: the clock is looked at once for the up to sixteen commands that are carried out together. A command that came alone is
// judged by that. When several together took too long, all commands are timed one by one for a second: what makes fast
// commands slow seldom comes once. Commands that can be slow by themselves are timed always, and so is every command when
// what counts as slow is less than what those sixteen may take.

import Keyspace
import Primitives
import RESP
import Sockets

struct CommandTiming {
    /// Commands with one of these are timed one by one.
    private(set) var mask: CommandSpec.Timing = []
    /// From here on a command is slow; microseconds. `.max`: none is.
    private(set) var threshold: Int64 = .max
    /// When the commands at work began, on the wall clock, in microseconds.
    var began: Int64 = 0
    /// Something was slow among the commands at work, and has been remembered.
    var hasNoted = false
    /// Every command is timed until then.
    private var closeLookEnd: Int64 = 0
    private var usual: CommandSpec.Timing = []

    var isOn: Bool { self.threshold != .max }

    private static let closeLook: Int64 = 1_000_000
    /// Sixteen fast commands take no longer than this, unless something is wrong.
    private static let gatheredMicroseconds: Int64 = 1000

    mutating func set(_ settings: Settings) {
        let isOn = settings.slowlogMicroseconds >= 0
        self.threshold = isOn ? Int64(settings.slowlogMicroseconds) : .max
        self.usual = !isOn ? [] : self.threshold < Self.gatheredMicroseconds ? .every : .slow
        self.mask = self.usual
        self.closeLookEnd = 0
    }

    /// Commands have been carried out together.
    /// - Returns: how long that took; nil when it was not long.
    mutating func gatheredEnded() -> Int64? {
        let now = WallClock.microseconds
        let took = now - self.began
        self.began = now
        if self.mask != self.usual, now > self.closeLookEnd { self.mask = self.usual }
        return took >= self.threshold ? took : nil
    }

    mutating func lookClosely() {
        self.closeLookEnd = self.began + Self.closeLook
        self.mask = .every
    }

    func isTimed(_ timing: CommandSpec.Timing) -> Bool { !self.mask.isDisjoint(with: timing) }

    /// Runs `body`.
    /// - Returns: what it returned, and the microseconds that it took.
    static func measure<Result>(_ body: () -> Result) -> (result: Result, microseconds: Int64) {
        let began = Clocks.monotonicNanoseconds
        let result = body()
        return (result, Int64((Clocks.monotonicNanoseconds - began) / 1000))
    }
}
