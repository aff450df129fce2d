// A counted B+tree whose nodes are copied when they are written and shared (Rodeh, "B-trees, Shadowing, and Clones", 2008): a copy
// of the tree is one more owner of its root, and a write under a copy copies one node a level. Every inner node knows how many
// elements are below each child, so an index, a rank and a random choice are one descent.

import Primitives

/// The elements of a collection in their order. Whoever holds a tree owns its root, and must abandon it.
struct Tree {
    private(set) var root: Node

    init(_ layout: Layout) { self.root = .leaf(layout, capacity: 64) }

    /// Shares the nodes of another tree.
    init(copying other: Tree) {
        self.root = other.root
        self.root.retain()
    }

    var count: Int { self.root.elementCount }
    var layout: Layout { self.root.layout }
    var isSmall: Bool { self.root.isLeaf }

    /// The element of an index that is there.
    func element(_ index: Int) -> Element {
        precondition(index >= 0 && index < self.count, "no such element")
        var node = self.root
        var index = index
        while !node.isLeaf {
            let found = node.find(index)
            node = node.child(found.child)
            index = found.index
        }
        return node.element(index)
    }

    /// Puts an element in, so that it has that index. Its bytes must not lie in this tree.
    mutating func insert(_ element: Element, at index: Int, _ context: CollectionContext) {
        precondition(index >= 0 && index <= self.count, "no such place")
        Node.makeUnique(&self.root)
        let insertion = Insertion(element: element, size: element.size(self.layout), context: context)
        let siblings = insertion.insert(into: &self.root, at: index, isFirst: true, isLast: true)
        guard siblings.first != nil else { return }
        let root = Node.inner(self.layout, level: self.root.level + 1)
        root.insert(self.root, order: self.root.firstOrder(context), at: 0)
        siblings.insert(into: root, at: 1, context)
        self.root = root
    }

    /// Puts another element in the place of the one of that index. Its bytes must not lie in this tree.
    mutating func replace(_ index: Int, with element: Element, _ context: CollectionContext) {
        Node.makeUnique(&self.root)
        if Self.replace(in: self.root, index, with: element, context) { return }
        self.remove(index, context)
        self.insert(element, at: index, context)
    }

    private static func replace(
        in node: Node,
        _ index: Int,
        with element: Element,
        _ context: CollectionContext
    ) -> Bool {
        if node.isLeaf { return node.replace(index, with: element) }
        let found = node.find(index)
        var child = node.child(found.child)
        Node.makeUnique(&child)
        let isReplaced = Self.replace(in: child, found.index, with: element, context)
        node.update(found.child, child, firstChanged: found.index == 0, context)
        return isReplaced
    }

    /// Takes out the element of an index that is there.
    mutating func remove(_ index: Int, _ context: CollectionContext) {
        self.remove(index..<(index + 1), context)
    }

    /// Takes elements out. What is empty then goes back in slices.
    mutating func remove(_ range: Range<Int>, _ context: CollectionContext) {
        precondition(range.lowerBound >= 0 && range.upperBound <= self.count, "no such elements")
        guard !range.isEmpty else { return }
        Node.makeUnique(&self.root)
        Removal(context: context).remove(range, from: &self.root)
        while !self.root.isLeaf, self.root.count <= 1 {
            let child = self.root.count == 1 ? self.root.child(0) : .leaf(self.layout, capacity: 64)
            if self.root.count == 1 { child.retain() }
            self.root.release()
            self.root = child
        }
    }

    /// Gives the tree up.
    func abandon(_ context: CollectionContext) { context.abandon(self.root) }
}
