import Glibc

/// Work for one thread that sleeps while there is none.
package final class WorkQueue<Item: Sendable>: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var items: [Item] = []
    private var isClosed = false

    package init() {
        pthread_mutex_init(self.mutex, nil)
        pthread_cond_init(self.condition, nil)
    }

    deinit {
        pthread_cond_destroy(self.condition)
        pthread_mutex_destroy(self.mutex)
        self.condition.deallocate()
        self.mutex.deallocate()
    }

    /// Adds work. On any thread.
    package func put(_ item: Item) {
        pthread_mutex_lock(self.mutex)
        self.items.append(item)
        pthread_mutex_unlock(self.mutex)
        pthread_cond_signal(self.condition)
    }

    /// No more will come: `take` returns what is there, and then nil.
    package func close() {
        pthread_mutex_lock(self.mutex)
        self.isClosed = true
        pthread_mutex_unlock(self.mutex)
        pthread_cond_broadcast(self.condition)
    }

    /// Everything that waits, in order; sleeps until there is something. nil once the queue is closed and empty.
    package func take() -> [Item]? {
        pthread_mutex_lock(self.mutex)
        defer { pthread_mutex_unlock(self.mutex) }
        while self.items.isEmpty {
            if self.isClosed { return nil }
            pthread_cond_wait(self.condition, self.mutex)
        }
        defer { self.items = [] }
        return self.items
    }
}
