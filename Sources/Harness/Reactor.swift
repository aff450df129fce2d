// A thread that waits on a Poller and owns everything registered there. Others hand it work and wait for the result, so
// that what it owns needs no lock.

import Dispatch
import Glibc
import Sockets
import Synchronization

/// What a reactor's thread runs.
protocol Reacting: AnyObject {
    func ready(_ event: Poller.Event)
    /// Called at least every `Reactor.tickMilliseconds`, after the events.
    func tick(now: UInt64)
}

/// Runs a `Reacting` body on a thread of its own.
///
/// The body is touched by that thread alone once the reactor has started; that is what makes the class sendable.
final class Reactor<Body: Reacting>: @unchecked Sendable {
    static var tickMilliseconds: Int32 { 20 }

    private let poller: Poller
    private let body: Body
    private let inbox = Mutex<[@Sendable () -> Void]>([])
    private let stopping = Atomic<Bool>(false)
    private let ended = DispatchSemaphore(value: 0)

    init(poller: Poller, body: Body) {
        self.poller = poller
        self.body = body
    }

    /// Starts the thread. Every reactor that was started must be stopped.
    func start() {
        let main = Unmanaged.passRetained(ThreadMain { self.run() })
        var thread = pthread_t()
        let status = pthread_create(&thread, nil, { ThreadMain.run($0) }, main.toOpaque())
        precondition(status == 0, "no thread could be started: \(String(cString: strerror(status)))")
        pthread_detach(thread)
    }

    /// Ends the thread and waits for its end.
    func stop() {
        self.stopping.store(true, ordering: .releasing)
        self.poller.wakeUp()
        self.ended.wait()
    }

    /// Runs `work` on the reactor's thread and waits for its result.
    func call<Result: Sendable>(_ work: @escaping @Sendable (Body) -> Result) -> Result {
        let answer = Answer<Result>()
        let done = DispatchSemaphore(value: 0)
        self.inbox.withLock { inbox in
            inbox.append {
                answer.value.withLock { $0 = work(self.body) }
                done.signal()
            }
        }
        self.poller.wakeUp()
        done.wait()
        guard let result = answer.value.withLock({ $0 }) else { preconditionFailure("work ended without a result") }
        return result
    }

    private func run() {
        while !self.stopping.load(ordering: .acquiring) {
            self.poller.wait(timeoutMilliseconds: Self.tickMilliseconds) { self.body.ready($0) }
            let work = self.inbox.withLock { inbox in
                let work = inbox
                inbox.removeAll()
                return work
            }
            for item in work { item() }
            self.body.tick(now: Clocks.monotonicNanoseconds)
        }
        self.ended.signal()
    }
}

/// Where the result of a call waits for its caller.
private final class Answer<Result: Sendable>: Sendable {
    let value = Mutex<Result?>(nil)
}

/// Carries a closure through pthread_create.
private final class ThreadMain {
    let body: () -> Void

    init(_ body: @escaping () -> Void) { self.body = body }

    static func run(_ pointer: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        guard let pointer else { return nil }
        Unmanaged<ThreadMain>.fromOpaque(pointer).takeRetainedValue().body()
        return nil
    }
}
