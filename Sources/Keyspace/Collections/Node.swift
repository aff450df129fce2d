// A node of a collection's tree: one block of memory with a count of its owners in front.
//
//     0  UInt32  owners; a node with one owner may be changed in place, any other is copied first
//     4  UInt8   level: 0 for a leaf
//     5  UInt8   layout of the elements
//     8  UInt32  elements of a leaf, children of an inner node
//    12  UInt32  bytes of a leaf's block
//    16  UInt32  where a leaf's data ends │ UInt64  elements below an inner node
//    20  UInt32  bytes of a leaf's data that no element uses any more
//    24  …       a leaf's data, and from the block's end downwards a UInt16 for each element: where it begins
//    24  …       an inner node's children: 32 order words, 32 addresses, 32 counts of elements
//
// Owners are counted without atomic instructions: a tree and its copies belong to one thread at a time. Memory is managed by
// hand because a large tree must be given back in slices, and because a class per leaf would cost a header more.

import Glibc
import Primitives

/// A reference to a node. Copying it does not make an owner; `retain` does.
struct Node: Equatable {
    let base: UnsafeMutableRawPointer

    static let headerBytes = 24
    /// Children of an inner node at most. Together with a leaf of some hundred elements, three levels hold millions.
    static let mostChildren = 32
    private static let innerBytes = headerBytes + mostChildren * 24

    static func leaf(_ layout: Layout, capacity: Int) -> Node {
        let node = Self.allocate(capacity, level: 0, layout)
        node.capacity = capacity
        node.end = Self.headerBytes
        return node
    }

    static func inner(_ layout: Layout, level: Int) -> Node {
        let node = Self.allocate(Self.innerBytes, level: level, layout)
        node.total = 0
        return node
    }

    private static func allocate(_ bytes: Int, level: Int, _ layout: Layout) -> Node {
        guard let base = malloc(bytes) else { fatalError("out of memory") }
        memset(base, 0, Self.headerBytes)
        base.storeBytes(of: 1, as: UInt32.self)
        base.storeBytes(of: UInt8(level), toByteOffset: 4, as: UInt8.self)
        base.storeBytes(of: layout.rawValue, toByteOffset: 5, as: UInt8.self)
        return Node(base: base)
    }

    var owners: UInt32 {
        get { self.base.load(as: UInt32.self) }
        nonmutating set { self.base.storeBytes(of: newValue, as: UInt32.self) }
    }

    func retain() { self.owners += 1 }

    var level: Int { Int(self.base.load(fromByteOffset: 4, as: UInt8.self)) }
    var isLeaf: Bool { self.level == 0 }

    var layout: Layout {
        guard let layout = Layout(rawValue: self.base.load(fromByteOffset: 5, as: UInt8.self)) else {
            preconditionFailure("a node has lost its layout")
        }
        return layout
    }

    /// Elements of a leaf, children of an inner node.
    var count: Int {
        get { Int(self.base.load(fromByteOffset: 8, as: UInt32.self)) }
        nonmutating set { self.base.storeBytes(of: UInt32(newValue), toByteOffset: 8, as: UInt32.self) }
    }

    /// Elements of an inner node.
    var total: Int {
        get { self.base.load(fromByteOffset: 16, as: Int.self) }
        nonmutating set { self.base.storeBytes(of: newValue, toByteOffset: 16, as: Int.self) }
    }

    /// Elements of this node and of all below it.
    var elementCount: Int { self.isLeaf ? self.count : self.total }

    var allocatedBytes: Int { SizeClass.roundUp(self.isLeaf ? self.capacity : Self.innerBytes) }

    /// The same node for an owner of its own: the children are shared with the old one.
    func copy() -> Node {
        let bytes = self.isLeaf ? self.capacity : Self.innerBytes
        guard let base = malloc(bytes) else { fatalError("out of memory") }
        memcpy(base, self.base, bytes)
        let copy = Node(base: base)
        copy.owners = 1
        if !copy.isLeaf { for index in 0..<copy.count { copy.child(index).retain() } }
        return copy
    }

    /// Takes an owner away, and gives the memory of everything back that has none left.
    func release() {
        self.owners -= 1
        guard self.owners == 0 else { return }
        if !self.isLeaf { for index in 0..<self.count { self.child(index).release() } }
        free(self.base)
    }

    /// Takes an owner away. If it was the last one, the memory of this very node is given back, and `body` gets the children,
    /// which have lost an owner then that must still be taken away.
    func releaseShallowly(_ body: (Node) -> Void) {
        self.owners -= 1
        guard self.owners == 0 else { return }
        if !self.isLeaf { for index in 0..<self.count { body(self.child(index)) } }
        free(self.base)
    }

    /// Replaces a node that somebody else owns, too, by a copy.
    static func makeUnique(_ node: inout Node) {
        guard node.owners > 1 else { return }
        let copy = node.copy()
        node.owners -= 1
        node = copy
    }
}
