/// Nodes that must stand behind the one that was just changed, because it was divided.
struct Siblings {
    var first: Node?
    var second: Node?

    func insert(into parent: Node, at index: Int, _ context: CollectionContext) {
        if let first { parent.insert(first, order: first.firstOrder(context), at: index) }
        if let second { parent.insert(second, order: second.firstOrder(context), at: index + 1) }
    }

    var count: Int { self.first == nil ? 0 : self.second == nil ? 1 : 2 }
}

/// An element on its way down.
struct Insertion {
    let element: Element
    let size: Int
    let context: CollectionContext

    /// Puts the element into a node that has one owner.
    /// - Parameters:
    ///   - isFirst: whether nothing in the tree stands before this node.
    ///   - isLast: whether nothing stands behind it.
    func insert(into node: inout Node, at index: Int, isFirst: Bool, isLast: Bool) -> Siblings {
        if node.isLeaf { return self.insert(intoLeaf: &node, at: index, isFirst: isFirst, isLast: isLast) }
        let place = node.findForInsertion(index)
        var child = node.child(place.child)
        Node.makeUnique(&child)
        let atEnd = isLast && place.child == node.count - 1
        let siblings = self.insert(
            into: &child,
            at: place.index,
            isFirst: isFirst && place.child == 0,
            isLast: atEnd
        )
        node.update(place.child, child, firstChanged: place.index == 0, self.context)
        let added = siblings.count
        guard added > 0 else { return siblings }
        let next = place.child + 1
        if node.count + added <= Node.mostChildren {
            siblings.insert(into: node, at: next, self.context)
            return Siblings()
        }
        // What grows at its end leaves full nodes behind; anything else is halved.
        let border = atEnd ? node.count : node.count / 2
        let right = node.splitOff(from: border)
        if next <= border, !atEnd {
            siblings.insert(into: node, at: next, self.context)
        } else {
            siblings.insert(into: right, at: next - border, self.context)
        }
        return Siblings(first: right)
    }

    private func insert(intoLeaf leaf: inout Node, at index: Int, isFirst: Bool, isLast: Bool) -> Siblings {
        if leaf.count == 0 || leaf.takes(self.size) && self.size < Node.largeElement {
            Node.insert(self.element, self.size, at: index, into: &leaf)
            return Siblings()
        }
        let isLarge = self.size >= Node.largeElement
        let isAlone = isLarge || leaf.count == 1
        if index == leaf.count, isAlone || isLast { return Siblings(first: self.newLeaf(like: leaf)) }
        if index == 0, isAlone || isFirst {
            let old = leaf
            leaf = self.newLeaf(like: old)
            return Siblings(first: old)
        }
        let border = isLarge ? index : leaf.middle
        let right = leaf.part(border..<leaf.count)
        let left = leaf.part(0..<border)
        leaf.release()
        leaf = left
        if isLarge { return Siblings(first: self.newLeaf(like: left), second: right) }
        var sibling = right
        if index <= border {
            Node.insert(self.element, self.size, at: index, into: &leaf)
        } else {
            Node.insert(self.element, self.size, at: index - border, into: &sibling)
        }
        return Siblings(first: sibling)
    }

    private func newLeaf(like other: Node) -> Node { .leaf(other.layout, with: self.element) }
}
