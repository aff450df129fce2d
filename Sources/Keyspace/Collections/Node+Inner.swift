// An inner node: for each child the order word of its first element, its address, and how many elements are below it.

import Glibc
import Primitives

extension Node {
    var orders: UnsafeMutablePointer<UInt64> {
        (self.base + Self.headerBytes).assumingMemoryBound(to: UInt64.self)
    }
    private var addresses: UnsafeMutablePointer<UnsafeMutableRawPointer> {
        (self.base + (Self.headerBytes + 8 * Self.mostChildren))
            .assumingMemoryBound(to: UnsafeMutableRawPointer.self)
    }
    private var counts: UnsafeMutablePointer<Int> {
        (self.base + (Self.headerBytes + 16 * Self.mostChildren)).assumingMemoryBound(to: Int.self)
    }

    func child(_ index: Int) -> Node { Node(base: self.addresses[index]) }

    /// How many elements are below a child.
    func elementCount(of index: Int) -> Int { self.counts[index] }

    /// The order word of the first element of this node.
    func firstOrder(_ context: CollectionContext) -> UInt64 {
        guard self.isLeaf else { return self.orders[0] }
        guard self.count > 0 else { return 0 }
        return self.layout.order(of: self.element(0), context)
    }

    /// The first element of all below this node, which must not be empty.
    var firstElement: Element {
        var node = self
        while !node.isLeaf { node = node.child(0) }
        return node.element(0)
    }

    /// Which child holds an element, and the element's index there.
    func find(_ index: Int) -> (child: Int, index: Int) {
        var child = 0
        var left = index
        let counts = self.counts
        while left >= counts[child] {
            left -= counts[child]
            child += 1
        }
        return (child, left)
    }

    /// Which child takes a new element, and at which index; on a border the left one.
    func findForInsertion(_ index: Int) -> (child: Int, index: Int) {
        var child = 0
        var left = index
        let counts = self.counts
        while left > counts[child] {
            left -= counts[child]
            child += 1
        }
        return (child, left)
    }

    /// How many elements stand before a child.
    func elementsBefore(_ child: Int) -> Int {
        var sum = 0
        let counts = self.counts
        for index in 0..<child { sum += counts[index] }
        return sum
    }

    /// Puts a child in. The caller's ownership becomes the node's.
    func insert(_ child: Node, order: UInt64, at index: Int) {
        let after = self.count - index
        precondition(self.count < Self.mostChildren, "an inner node is full")
        memmove(self.orders + (index + 1), self.orders + index, 8 * after)
        memmove(self.addresses + (index + 1), self.addresses + index, 8 * after)
        memmove(self.counts + (index + 1), self.counts + index, 8 * after)
        self.count += 1
        self.addresses[index] = child.base
        self.orders[index] = order
        self.counts[index] = child.elementCount
        self.total += child.elementCount
    }

    /// Takes children out. Their owner is the caller now.
    func remove(_ range: Range<Int>) {
        let after = self.count - range.upperBound
        for index in range { self.total -= self.counts[index] }
        memmove(self.orders + range.lowerBound, self.orders + range.upperBound, 8 * after)
        memmove(self.addresses + range.lowerBound, self.addresses + range.upperBound, 8 * after)
        memmove(self.counts + range.lowerBound, self.counts + range.upperBound, 8 * after)
        self.count -= range.count
    }

    /// Puts a changed child where it was; ownership passes to the node.
    func update(_ index: Int, _ child: Node, firstChanged: Bool, _ context: CollectionContext) {
        self.addresses[index] = child.base
        let count = child.elementCount
        self.total += count - self.counts[index]
        self.counts[index] = count
        if firstChanged, count > 0 { self.orders[index] = child.firstOrder(context) }
    }

    /// Moves the children from an index on into a new node.
    func splitOff(from start: Int) -> Node {
        let right = Node.inner(self.layout, level: self.level)
        for index in start..<self.count {
            right.insert(self.child(index), order: self.orders[index], at: index - start)
        }
        self.remove(start..<self.count)
        return right
    }

    /// Both nodes' children in one.
    static func joinedInner(_ left: Node, _ right: Node) -> Node {
        let joined = left.copy()
        for index in 0..<right.count {
            right.child(index).retain()
            joined.insert(right.child(index), order: right.orders[index], at: joined.count)
        }
        return joined
    }
}
