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

/// A thread that writes, one value after the other, until it is told to stop.
final class GroupWriter: Sendable {
    private final class Flags: Sendable {
        let isStopped = Atomic<Bool>(false)
        let isPaused = Atomic<Bool>(false)
        let isIdle = Atomic<Bool>(false)
    }

    private let flags = Flags()
    private let thread: DedicatedThread

    /// - Parameter faithful: writes to one member alone, whatever that says.
    init(
        _ writer: Int,
        _ history: GroupHistory,
        ports: [UInt16],
        faithfulTo faithful: Int? = nil
    ) throws(HarnessError) {
        let flags = self.flags
        do throws(SocketError) {
            self.thread = try DedicatedThread(name: "group-writer") {
                let client = GroupClient(
                    ports: ports,
                    member: faithful ?? writer % ports.count,
                    isFaithful: faithful != nil
                )
                var number: UInt32 = 0
                while !flags.isStopped.load(ordering: .relaxed) {
                    guard !flags.isPaused.load(ordering: .relaxed) else {
                        flags.isIdle.store(true, ordering: .relaxed)
                        Pause.milliseconds(1)
                        continue
                    }
                    flags.isIdle.store(false, ordering: .relaxed)
                    number += 1
                    Self.write(number, writer, client, history)
                }
            }
        } catch {
            throw HarnessError(.targetUnavailable, "cannot start a thread: \(error)")
        }
    }

    private static func write(_ number: UInt32, _ writer: Int, _ client: GroupClient, _ history: GroupHistory) {
        let member = client.member
        switch client.ask(["SET", GroupCheck.key(number, writer), "\(number)"]) {
        case .reply(.simple("OK")): history.acknowledge(number, by: writer, of: member)
        // Refused before it was carried out.
        case .moved, .unreachable, .reply: Pause.milliseconds(2)
        case .unknown:
            history.lose(number, by: writer)
            Pause.milliseconds(2)
        }
    }

    func pause() { self.flags.isPaused.store(true, ordering: .relaxed) }
    func goOn() {
        self.flags.isIdle.store(false, ordering: .relaxed)
        self.flags.isPaused.store(false, ordering: .relaxed)
    }

    var isIdle: Bool { self.flags.isIdle.load(ordering: .relaxed) }

    func stop() {
        self.flags.isStopped.store(true, ordering: .relaxed)
        self.thread.join()
    }
}
