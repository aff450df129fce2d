// What the collections of a keyspace share: the hash that orders sets and hashes, and the nodes that nobody needs any more.
// A large tree goes there as a whole when its last owner leaves it, wherever that happens (a DEL, an overwrite, a view that
// ends), and its memory goes back in slices.

import Primitives

package final class CollectionContext {
    package let seed: UInt64
    let hash: KeyHash
    private var abandoned: [Node] = []

    package init(seed: UInt64) {
        self.seed = seed
        self.hash = KeyHash(seed: seed ^ 0x9e37_79b9_7f4a_7c15)
    }

    deinit { while self.releaseSlice(nodes: .max) {} }

    var isEmpty: Bool { self.abandoned.isEmpty }

    /// Gives a tree up: a leaf's memory goes back at once, that of anything larger by and by.
    func abandon(_ node: Node) {
        if node.isLeaf || node.owners > 1 { node.release() } else { self.abandoned.append(node) }
    }

    /// Gives back the memory of up to so many nodes; false once nothing is left.
    func releaseSlice(nodes: Int) -> Bool {
        var left = nodes
        while left > 0, let node = self.abandoned.popLast() {
            node.releaseShallowly { self.abandoned.append($0) }
            left -= 1
        }
        return !self.abandoned.isEmpty
    }
}
