/// The ids of requests that a replica has open at its leader. An answer with another id is nobody's.
package struct OutstandingRequests: Sendable {
    /// After this an answer is too late.
    package static let lifetime: Microseconds = 30_000_000
    package static let capacity = 256

    package struct Request: Equatable, Sendable {
        package let id: UInt64
        package let since: Seq
        /// What the leader was told to be durable: with the request, or since.
        package var durable: Seq
        package let sentAt: Microseconds
        /// Only asks whether the record before `since` is the same at the leader.
        package let isProbe: Bool
        /// The answer takes the place of the whole log.
        package var restarts = false

        package init(id: UInt64, since: Seq, durable: Seq? = nil, sentAt: Microseconds, isProbe: Bool) {
            self.id = id
            self.since = since
            self.durable = durable ?? since
            self.sentAt = sentAt
            self.isProbe = isProbe
        }
    }

    /// In the order in which they were sent.
    private var requests: [Request] = []

    package init() {}

    package var count: Int { self.requests.count }

    /// Remembers a request. Where there is no room the expired ones go first, then the oldest.
    package mutating func insert(_ request: Request, now: Microseconds) {
        if self.requests.count >= Self.capacity { self.expire(now: now) }
        if self.requests.count >= Self.capacity { self.requests.removeFirst() }
        self.requests.append(request)
    }

    /// Finds a request by its id and forgets it: an id answers once. Nil for one that is unknown or has expired.
    package mutating func take(_ id: UInt64, now: Microseconds) -> Request? {
        guard let index = self.requests.firstIndex(where: { $0.id == id }) else { return nil }
        let request = self.requests.remove(at: index)
        return now - request.sentAt < Self.lifetime ? request : nil
    }

    package func contains(_ id: UInt64) -> Bool { self.requests.contains { $0.id == id } }

    package mutating func expire(now: Microseconds) {
        self.requests.removeAll { now - $0.sentAt >= Self.lifetime }
    }

    /// With a change of leader.
    package mutating func removeAll() { self.requests.removeAll(keepingCapacity: true) }
}
