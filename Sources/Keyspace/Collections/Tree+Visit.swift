import Primitives

extension Tree {
    /// Visits elements from an index on until `body` says false.
    /// - Returns: the index behind the last element that was visited.
    @discardableResult
    func visit(from index: Int, _ body: (Element) -> Bool) -> Int {
        guard index >= 0, index < self.count else { return index }
        var visited = 0
        _ = Self.visit(self.root, from: index) {
            visited += 1
            return body($0)
        }
        return index + visited
    }

    private static func visit(_ node: Node, from index: Int, _ body: (Element) -> Bool) -> Bool {
        if node.isLeaf {
            let layout = node.layout
            for place in index..<node.count {
                guard body(Element(at: node.address(place), layout)) else { return false }
            }
            return true
        }
        let found = node.find(index)
        var start = found.index
        for child in found.child..<node.count {
            guard self.visit(node.child(child), from: start, body) else { return false }
            start = 0
        }
        return true
    }

    /// Visits elements from an index on towards the front until `body` says false.
    func visitBackwards(from index: Int, _ body: (Element) -> Bool) {
        guard index >= 0, index < self.count else { return }
        _ = Self.visitBackwards(self.root, from: index, body)
    }

    private static func visitBackwards(_ node: Node, from index: Int, _ body: (Element) -> Bool) -> Bool {
        if node.isLeaf {
            let layout = node.layout
            for place in stride(from: index, through: 0, by: -1) {
                guard body(Element(at: node.address(place), layout)) else { return false }
            }
            return true
        }
        let found = node.find(index)
        var start: Int? = found.index
        for child in stride(from: found.child, through: 0, by: -1) {
            let last = node.elementCount(of: child) - 1
            guard self.visitBackwards(node.child(child), from: start ?? last, body) else { return false }
            start = nil
        }
        return true
    }

    /// Bytes that the tree takes from the allocator; of a large one an estimate by a few leaves of each inner node.
    var allocatedBytes: Int { Self.allocatedBytes(self.root) }

    private static let sampledLeaves = 4

    private static func allocatedBytes(_ node: Node) -> Int {
        guard !node.isLeaf, node.count > 0 else { return node.allocatedBytes }
        guard node.level == 1 else {
            return (0..<node.count).reduce(node.allocatedBytes) { $0 + self.allocatedBytes(node.child($1)) }
        }
        let sampled = min(node.count, Self.sampledLeaves)
        let bytes = (0..<sampled).reduce(0) { $0 + node.child($1).allocatedBytes }
        return node.allocatedBytes + bytes * node.count / sampled
    }
}
