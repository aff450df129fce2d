// Clients of a group, each on a thread of its own.

import Sockets
import Synchronization

/// A thread that does one thing again and again, until it is told to pause or to stop.
final class GroupWorker: Sendable {
    private final class Flags: Sendable {
        let isStopped = Atomic<Bool>(false)
        let isPaused = Atomic<Bool>(false)
        let isIdle = Atomic<Bool>(false)
    }

    private let flags = Flags()
    private let thread: DedicatedThread

    /// - Parameter prepare: called on the thread, once; what it gives is what the thread does.
    init(name: String, _ prepare: @escaping @Sendable () -> () -> Void) throws(HarnessError) {
        let flags = self.flags
        do throws(SocketError) {
            self.thread = try DedicatedThread(name: name) {
                let step = prepare()
                while !flags.isStopped.load(ordering: .relaxed) {
                    guard !flags.isPaused.load(ordering: .relaxed) else {
                        flags.isIdle.store(true, ordering: .relaxed)
                        Pause.milliseconds(1)
                        continue
                    }
                    flags.isIdle.store(false, ordering: .relaxed)
                    step()
                }
            }
        } catch {
            throw HarnessError(.targetUnavailable, "cannot start a thread: \(error)")
        }
    }

    func pause() { self.flags.isPaused.store(true, ordering: .relaxed) }

    func goOn() {
        self.flags.isIdle.store(false, ordering: .relaxed)
        self.flags.isPaused.store(false, ordering: .relaxed)
    }

    /// Whether it has paused.
    var isIdle: Bool { self.flags.isIdle.load(ordering: .relaxed) }

    func stop() {
        self.flags.isStopped.store(true, ordering: .relaxed)
        self.thread.join()
    }
}

extension GroupWorker {
    /// Writes one value after the other, all different, and notes what it is told.
    /// - Parameter faithful: writes to one member alone, whatever that says.
    static func writer(
        _ writer: Int,
        _ history: GroupHistory,
        ports: [UInt16],
        faithfulTo faithful: Int? = nil
    ) throws(HarnessError) -> GroupWorker {
        try GroupWorker(name: "group-writer") {
            let client = GroupClient(
                ports: ports,
                member: faithful ?? writer % ports.count,
                isFaithful: faithful != nil
            )
            var number: UInt32 = 0
            return {
                number += 1
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
        }
    }
}
