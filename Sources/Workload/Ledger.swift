/// What the generator has sent to one target: the last sequence number of each connection, and the order-independent sum
/// over all mutations. Replicas keep the same sums over what arrives.
package struct Ledger: Sendable, Equatable {
    /// Connections of one target's load, over a whole run; a bound on what a damaged header can make a verifier allocate.
    package static let connectionLimit = 4096

    /// The last sequence number given out per connection; 0 before the first.
    package private(set) var last: [UInt64]
    /// Mutations entered, of every kind.
    package private(set) var count: UInt64
    package private(set) var digest: UInt64

    package init(connections: Int) {
        precondition(connections <= Self.connectionLimit, "at most \(Self.connectionLimit) load connections")
        self.last = [UInt64](repeating: 0, count: connections)
        self.count = 0
        self.digest = 0
    }

    /// A ledger of a load that goes on where an earlier one ended.
    /// - Parameter last: the last sequence number of each connection.
    package init(continuing last: [UInt64]) {
        self.init(connections: last.count)
        self.last = last
    }

    /// The header of the connection's next mutation.
    package mutating func next(connection: UInt32) -> MutationHeader {
        self.last[Int(connection)] += 1
        return MutationHeader(connection: connection, sequence: self.last[Int(connection)])
    }

    /// Enters one mutation, or several with the sum of their digests.
    package mutating func enter(_ digest: UInt64, count: UInt64 = 1) {
        self.count += count
        self.digest &+= digest
    }
}
