// Checks one replica's stream against what the generator sent, at a few nanoseconds per mutation. Two independent tests:
// every connection's sequence numbers arrive without a gap and in order, and the sum of digests over a whole interval
// equals the generator's. The first names the culprit at once, the second also sees a wrong key. Mutations of other kinds than
// SET are seen by the second alone.

/// What is wrong with a mutation that arrived.
package enum StreamViolation: Error, Equatable, Sendable, CustomStringConvertible {
    /// Sequence numbers are missing.
    case lost(connection: UInt32, expected: UInt64, received: UInt64)
    /// A sequence number came again, or late.
    case repeated(connection: UInt32, expected: UInt64, received: UInt64)
    /// Not a value of the generator, or one whose two ends do not belong together.
    case damaged(mutation: UInt64)
    /// A connection that the load does not have.
    case unknownConnection(UInt32)

    package var description: String {
        switch self {
        case .lost(let connection, let expected, let received):
            "lost mutations: connection \(connection) expected \(expected) and received \(received)"
        case .repeated(let connection, let expected, let received):
            "doubled or reordered mutation: connection \(connection) expected \(expected) and received \(received)"
        case .damaged(let mutation):
            "mutation \(mutation) carries a value that the generator did not send"
        case .unknownConnection(let connection):
            "mutation of a load connection \(connection) that does not exist"
        }
    }
}

package struct StreamVerifier: Sendable {
    /// The next sequence number per connection; 0 when the replica joined at an unknown point of it.
    private var expected: [UInt64]
    /// Mutations that arrived.
    package private(set) var count: UInt64
    package private(set) var digest: UInt64

    /// A replica that joins while the load rests, exactly behind what the ledger has.
    /// - Parameter own: the connections that the ledger knows; others' first mutation is taken as it comes. Nil for all.
    package init(behind ledger: Ledger, knowing own: Range<Int>? = nil) {
        self.expected = ledger.last.enumerated().map { place, last in own?.contains(place) ?? true ? last + 1 : 0 }
        self.count = 0
        self.digest = 0
    }

    /// A replica that joins in the middle of the load: the first mutation of each connection is taken as it comes.
    package init(connections: Int) {
        precondition(connections <= Ledger.connectionLimit, "at most \(Ledger.connectionLimit) load connections")
        self.expected = [UInt64](repeating: 0, count: connections)
        self.count = 0
        self.digest = 0
    }

    /// Enters one mutation.
    package mutating func receive(
        key: UnsafeRawBufferPointer,
        value: UnsafeRawBufferPointer
    ) throws(StreamViolation) {
        self.count += 1
        guard key.count == LoadKey.size, let header = MutationHeader(reading: value) else {
            throw .damaged(mutation: self.count)
        }
        let connection = Int(header.connection)
        guard connection < self.expected.count else { throw .unknownConnection(header.connection) }
        let expected = self.expected[connection]
        self.expected[connection] = header.sequence &+ 1
        self.digest &+= header.digest(key: key, valueSize: value.count)
        guard header.sequence == expected || expected == 0 else {
            throw header.sequence > expected
                ? .lost(connection: header.connection, expected: expected, received: header.sequence)
                : .repeated(connection: header.connection, expected: expected, received: header.sequence)
        }
    }

    /// Enters a mutation of another kind than SET, which carries no number of its own: it is counted, and enters the sum.
    package mutating func receive(_ other: OtherMutation) {
        self.count += 1
        self.digest &+= other.digest
    }

    /// The last sequence number that has arrived per connection, or that was held before; 0 for none, and for a connection
    /// of which the beginning is unknown and nothing has been seen.
    package var last: [UInt64] { self.expected.map { $0 == 0 ? 0 : $0 - 1 } }

    /// Connections whose last mutation in the ledger has not arrived, although the load rests and the stream is at its
    /// tip. A connection of which nothing has been seen is not judged.
    package func missing(from ledger: Ledger) -> [UInt32] {
        zip(self.expected, ledger.last).enumerated().compactMap { connection, pair in
            pair.0 != 0 && pair.0 != pair.1 + 1 ? UInt32(connection) : nil
        }
    }
}
