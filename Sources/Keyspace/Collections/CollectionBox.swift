import Primitives

/// What an entry refers to when its value is not a string. A box with one owner may be changed; any other is copied first, which
/// shares all nodes.
final class CollectionBox {
    let kind: ValueKind
    private(set) var context: CollectionContext
    /// The elements in the order in which they are shown.
    var main: Tree
    /// The members of a large sorted set by hash; a small one is searched as it is.
    var index: Tree?

    init(_ kind: ValueKind, _ context: CollectionContext) {
        self.kind = kind
        self.context = context
        self.main = Tree(kind.layout)
    }

    init(copying other: CollectionBox) {
        self.kind = other.kind
        self.context = other.context
        self.main = Tree(copying: other.main)
        self.index = other.index.map { Tree(copying: $0) }
    }

    deinit {
        self.main.abandon(self.context)
        self.index?.abandon(self.context)
    }

    var count: Int { self.main.count }

    /// Makes the collection another keyspace's, if both hash alike; it is good for use there in any case.
    func adopt(_ context: CollectionContext) {
        if self.context.seed == context.seed { self.context = context }
    }

    /// Bytes of a box that the allocator gives out, object header included.
    private static let boxBytes = 48

    var allocatedBytes: Int { Self.boxBytes + self.main.allocatedBytes + (self.index?.allocatedBytes ?? 0) }
}

extension ValueKind {
    var layout: Layout {
        switch self {
        case .string: preconditionFailure("a string is no collection")
        case .list: .list
        case .set: .set
        case .sortedSet: .score
        case .hash: .hash
        }
    }
}
