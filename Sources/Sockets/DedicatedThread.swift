import CLinux
import Glibc

/// A thread of its own for a loop that waits on a `Poller`. Joined exactly once, by whoever started it.
package struct DedicatedThread: Sendable {
    private final class Main: Sendable {
        let name: String
        let body: @Sendable () -> Void

        init(_ name: String, _ body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }

        func run() {
            clinux_name_thread(self.name)
            self.body()
        }
    }

    private let handle: pthread_t

    /// - Parameter name: what `top -H` shows; at most fifteen bytes of it.
    package init(name: String, _ body: @escaping @Sendable () -> Void) throws(SocketError) {
        let main = Unmanaged.passRetained(Main(String(name.prefix(15)), body))
        var handle = pthread_t()
        let status = pthread_create(
            &handle,
            nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Main>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            },
            main.toOpaque()
        )
        guard status == 0 else {
            main.release()
            throw SocketError("pthread_create", code: status)
        }
        self.handle = handle
    }

    /// Waits until the body has returned.
    package func join() {
        pthread_join(self.handle, nil)
    }
}
