/// Names a member of a channel's replica set. The operator chooses it; the lower one wins where everything else is equal.
package struct NodeID: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let number: UInt16

    package init(_ number: UInt16) { self.number = number }

    package static func < (left: NodeID, right: NodeID) -> Bool { left.number < right.number }

    package var description: String { "\(self.number)" }
}

/// A time, or a span of it, on a clock that never goes back. Where it begins does not matter.
package typealias Microseconds = Int64

/// The number of a record in a channel: 0, 1, 2 … A tail is the next one to be written; seq = LSN − 1.
package typealias Seq = UInt64

/// The number of a leadership, which never goes back.
package typealias Term = UInt64
