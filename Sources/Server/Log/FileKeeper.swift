// The node's thread for work on files that may take its time: dumps, what replicas are sent to start from, and the removal
// of what is no longer needed. No shard, and no reading for links, waits for it.

import Sockets

final class FileKeeper: Sendable {
    let directory: DataDirectory
    private let queue = WorkQueue<@Sendable () -> Void>()
    private let thread: DedicatedThread

    init(_ directory: DataDirectory) throws(SocketError) {
        self.directory = directory
        let queue = self.queue
        self.thread = try DedicatedThread(name: "file-keeper") {
            while let list = queue.take() {
                for work in list { work() }
            }
        }
    }

    /// Carries out work after what was given before it. Not at all once the node ends.
    func run(_ work: @escaping @Sendable () -> Void) { self.queue.put(work) }

    /// Returns once everything that was given so far has been done.
    func drain() {
        let gate = WorkQueue<Void>()
        self.queue.put { gate.close() }
        while gate.take() != nil {}
    }

    /// Returns once everything that was given has been done.
    func stop() {
        self.queue.close()
        self.thread.join()
    }
}
