// No background work may hold a shard for long. Whatever does work that no command asked for — a table that grows, an
// expiry slice, memory given back — reports here when it begins and ends; the shell supplies the clock and counts what
// took too long in wall time *and* processor time (wall time alone would blame us for a busy machine).

/// Work that a shard does on its own account.
package enum BackgroundEvent: Int, CaseIterable, Sendable {
    case tableGrowth
    case expirySlice
    case releaseSlice
    case backlogEviction
    case snapshotTrigger
    case snapshotSlice
    /// A piece of a dump was written from a view.
    case dumpSlice

    package var name: StaticString {
        switch self {
        case .tableGrowth: "table_growth"
        case .expirySlice: "expiry_slice"
        case .releaseSlice: "release_slice"
        case .backlogEviction: "backlog_eviction"
        case .snapshotTrigger: "snapshot_trigger"
        case .snapshotSlice: "snapshot_slice"
        case .dumpSlice: "dump_slice"
        }
    }
}

/// Times background events and counts the slow ones. One per shard; never shared between threads.
package final class BackgroundEvents {
    /// Nanoseconds of the wall and of the calling thread's processor time.
    package struct Instant {
        package var wall: UInt64
        package var processor: UInt64

        package init(wall: UInt64, processor: UInt64) {
            self.wall = wall
            self.processor = processor
        }
    }

    package struct Tally {
        package var count = 0
        package var slowCount = 0
        /// The longest event, as the smaller of its wall and processor time, in nanoseconds.
        package var longestNanoseconds: UInt64 = 0
    }

    private let now: () -> Instant
    private let slowNanoseconds: UInt64
    package private(set) var tallies = [Tally](repeating: Tally(), count: BackgroundEvent.allCases.count)

    /// - Parameters:
    ///   - slowNanoseconds: an event counts as slow when both its times pass this.
    ///   - now: the shell's clocks; without any, events are counted but have no length.
    package init(slowNanoseconds: UInt64 = 1_000_000, now: @escaping () -> Instant = { Instant(wall: 0, processor: 0) })
    {
        self.slowNanoseconds = slowNanoseconds
        self.now = now
    }

    package func begin() -> Instant { self.now() }

    package func end(_ event: BackgroundEvent, since start: Instant) {
        let end = self.now()
        let length = min(end.wall &- start.wall, end.processor &- start.processor)
        self.tallies[event.rawValue].count += 1
        if length > self.slowNanoseconds { self.tallies[event.rawValue].slowCount += 1 }
        self.tallies[event.rawValue].longestNanoseconds = max(self.tallies[event.rawValue].longestNanoseconds, length)
    }

    package subscript(event: BackgroundEvent) -> Tally { self.tallies[event.rawValue] }
}
