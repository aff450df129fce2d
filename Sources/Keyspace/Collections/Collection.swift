package import Primitives

/// What a key's value is.
package enum ValueKind: UInt8, Sendable, CaseIterable {
    case string
    case list
    case set
    case sortedSet
    case hash

    /// As `TYPE` says it.
    package var name: StaticString {
        switch self {
        case .string: "string"
        case .list: "list"
        case .set: "set"
        case .sortedSet: "zset"
        case .hash: "hash"
        }
    }
}

/// An element as others see it. Borrows its bytes, for the duration of a call.
package struct CollectionElement {
    package var member: Bytes
    /// Of a hash's field; empty otherwise.
    package var value: Bytes
    /// Of a sorted set's member; 0 otherwise.
    package var score: Double

    init(_ element: Element) {
        self.member = element.member
        self.value = element.value
        self.score = element.score
    }
}

/// A list, set, sorted set or hash as it is now: whoever holds it goes on seeing that, whatever happens to the key. To make
/// one costs as good as nothing, however large it is.
package struct Collection {
    let box: CollectionBox

    init(_ box: CollectionBox) { self.box = box }

    package var kind: ValueKind { self.box.kind }

    package var count: Int { self.box.count }

    /// Visits elements from an index on until `body` says false: lists in their order, sorted sets by score and member.
    /// - Returns: the index after the last one visited.
    package func visit(from index: Int, _ body: (CollectionElement) -> Bool) -> Int {
        self.box.main.visit(from: index) { body(CollectionElement($0)) }
    }
}

/// Makes a collection of elements that come one after the other.
package struct CollectionBuilder {
    private let box: CollectionBox

    package init(kind: ValueKind, context: CollectionContext) { self.box = CollectionBox(kind, context) }

    /// - Parameter seed: that of the keyspace in which the collection will live.
    package init(kind: ValueKind, seed: UInt64) { self.init(kind: kind, context: CollectionContext(seed: seed)) }

    package var count: Int { self.box.count }

    /// Adds an element: a list's at its end. False when the member is there already, or a score is not a number.
    package mutating func append(
        member: Bytes,
        value: Bytes = Bytes(start: nil, count: 0),
        score: Double = 0
    ) -> Bool {
        switch self.box.kind {
        case .string: return false
        case .list:
            self.box.append(member)
            return true
        case .set: return self.box.add(member)
        case .hash: return self.box.add(member, value)
        case .sortedSet:
            guard !score.isNaN, self.box.score(of: member) == nil else { return false }
            self.box.insert(member, score)
            return true
        }
    }

    /// What was built. The builder must not be used afterwards.
    package consuming func finish() -> Collection { Collection(self.box) }
}
