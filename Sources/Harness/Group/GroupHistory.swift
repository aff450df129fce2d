// What clients wrote and were told, and what that allows the group to be.

import Sockets
import Synchronization

/// Filled by the writers' threads.
final class GroupHistory: Sendable {
    struct State {
        /// Values that were acknowledged, by writer: writer *w* sets `w:n` to n, each once.
        var acknowledged: [[UInt32]]
        /// Nobody can say whether these were carried out.
        var unknown: [[UInt32]]
        var acknowledgedCount = 0
        /// Nanoseconds of the monotonic clock; nil when nobody waits for the first acknowledgement of another member.
        var faultAt: UInt64?
        var victim = -1
        var firstAfter: UInt64?
        /// The last acknowledgement by the victim after the fault.
        var lastByVictim: UInt64?
    }

    let state: Mutex<State>

    init(writers: Int) {
        self.state = Mutex(
            State(
                acknowledged: Array(repeating: [], count: writers),
                unknown: Array(repeating: [], count: writers)
            )
        )
    }

    func acknowledge(_ number: UInt32, by writer: Int, of member: Int) {
        let now = Clocks.monotonicNanoseconds
        self.state.withLock { state in
            state.acknowledged[writer].append(number)
            state.acknowledgedCount += 1
            guard state.faultAt != nil else { return }
            if member == state.victim {
                state.lastByVictim = now
            } else if state.firstAfter == nil {
                state.firstAfter = now
            }
        }
    }

    func lose(_ number: UInt32, by writer: Int) { self.state.withLock { $0.unknown[writer].append(number) } }

    func begin(_ victim: Int, at now: UInt64) {
        self.state.withLock { state in
            state.faultAt = now
            state.victim = victim
            state.firstAfter = nil
            state.lastByVictim = nil
        }
    }

    /// Seconds from the fault to the first acknowledgement of another member.
    var secondsToFirst: Double? {
        self.state.withLock { state in
            guard let fault = state.faultAt, let first = state.firstAfter else { return nil }
            return Double(first - fault) / 1e9
        }
    }

    /// Seconds from the fault to the victim's last acknowledgement; nil when there was none.
    var secondsToLastOfVictim: Double? {
        self.state.withLock { state in
            guard let fault = state.faultAt, let last = state.lastByVictim else { return nil }
            return Double(last - fault) / 1e9
        }
    }

    func end() { self.state.withLock { $0.faultAt = nil } }

    var acknowledgedCount: Int { self.state.withLock { $0.acknowledgedCount } }
}
