// How long a replica waits before it tries its primary again: doubling, so that a primary which is down is not hammered, and
// with jitter, so that a thousand replicas of one that restarts do not come at the same moment.

package import Primitives

package struct Backoff: Equatable, Sendable {
    package static let shortest: Milliseconds = 100
    package static let longest: Milliseconds = 10_000

    private var ceiling = Self.shortest

    package init() {}

    /// The next wait: between half and all of a length that doubles each time.
    package mutating func next(using generator: inout SeededGenerator) -> Milliseconds {
        let wait = Milliseconds.random(in: (self.ceiling / 2)...self.ceiling, using: &generator)
        self.ceiling = min(self.ceiling * 2, Self.longest)
        return wait
    }

    /// A stream got further: the next wait is a short one again.
    package mutating func progressMade() { self.ceiling = Self.shortest }
}
