/// A range of elements on its way out.
struct Removal {
    let context: CollectionContext

    /// A node below these limits joins a neighbour, if both together are well below the upper limit.
    private static let leastLeafBytes = Node.mostLeafBytes / 4
    private static let mostJoinedBytes = Node.mostLeafBytes * 3 / 4
    private static let leastChildren = Node.mostChildren / 4
    private static let mostJoinedChildren = Node.mostChildren * 3 / 4

    /// Takes elements out of a node that has one owner.
    func remove(_ range: Range<Int>, from node: inout Node) {
        guard node.isLeaf else { return self.remove(range, fromInner: node) }
        if range.count == node.count {
            let layout = node.layout
            node.release()
            node = .leaf(layout, capacity: 64)
            return
        }
        // From the back, where fewer offsets are in the way of those that stay in front.
        for index in range.reversed() { Node.remove(index, from: &node) }
    }

    private func remove(_ range: Range<Int>, fromInner node: Node) {
        let first = node.find(range.lowerBound)
        var child = first.child
        var start = first.index
        var left = range.count
        /// The children that lose everything.
        var gone = 0..<0
        while left > 0 {
            let count = node.elementCount(of: child)
            let taken = min(left, count - start)
            if taken == count {
                gone = gone.isEmpty ? child..<(child + 1) : gone.lowerBound..<(child + 1)
            } else {
                var changed = node.child(child)
                Node.makeUnique(&changed)
                self.remove(start..<(start + taken), from: &changed)
                node.update(child, changed, firstChanged: start == 0, self.context)
            }
            left -= taken
            child += 1
            start = 0
        }
        for index in gone { self.context.abandon(node.child(index)) }
        node.remove(gone)
        // Two children at most lost a part of theirs, and they are neighbours now.
        for index in [first.child + 1, first.child] where index < node.count { self.join(index, of: node) }
    }

    /// Joins a child that has become small with one of its neighbours.
    private func join(_ index: Int, of node: Node) {
        let child = node.child(index)
        guard Self.size(child) < (child.isLeaf ? Self.leastLeafBytes : Self.leastChildren) else { return }
        let most = child.isLeaf ? Self.mostJoinedBytes : Self.mostJoinedChildren
        for left in [index - 1, index] where left >= 0 && left + 1 < node.count {
            let pair = (node.child(left), node.child(left + 1))
            guard Self.size(pair.0) + Self.size(pair.1) <= most else { continue }
            let joined = child.isLeaf ? Node.joined(pair.0, pair.1) : Node.joinedInner(pair.0, pair.1)
            let order = node.orders[left]
            node.remove(left..<(left + 2))
            node.insert(joined, order: order, at: left)
            pair.0.release()
            pair.1.release()
            return
        }
    }

    private static func size(_ node: Node) -> Int { node.isLeaf ? node.usedBytes : node.count }
}
