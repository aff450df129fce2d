// A leaf: packed elements, and where each begins. A new element is written behind the others, so that only two bytes an
// element move; what is removed leaves its bytes unused until the leaf is written anew.

import Glibc
import Primitives

extension Node {
    /// Bytes of a leaf's block at most, unless a single element needs more.
    static let mostLeafBytes = 2048
    /// An element from this size on gets a leaf of its own.
    static let largeElement = 512
    private static let leastLeafBytes = 64

    var capacity: Int {
        get { Int(self.base.load(fromByteOffset: 12, as: UInt32.self)) }
        nonmutating set { self.base.storeBytes(of: UInt32(newValue), toByteOffset: 12, as: UInt32.self) }
    }

    /// Where the next element's bytes go.
    var end: Int {
        get { Int(self.base.load(fromByteOffset: 16, as: UInt32.self)) }
        nonmutating set { self.base.storeBytes(of: UInt32(newValue), toByteOffset: 16, as: UInt32.self) }
    }

    private var unused: Int {
        get { Int(self.base.load(fromByteOffset: 20, as: UInt32.self)) }
        nonmutating set { self.base.storeBytes(of: UInt32(newValue), toByteOffset: 20, as: UInt32.self) }
    }

    /// Bytes that the block would need if nothing in it were unused.
    var usedBytes: Int { self.end - self.unused + 2 * self.count }

    private var offsets: UnsafeMutablePointer<UInt16> {
        (self.base + (self.capacity - 2 * self.count)).assumingMemoryBound(to: UInt16.self)
    }

    func address(_ index: Int) -> UnsafeMutableRawPointer { self.base + Int(self.offsets[index]) }

    @inline(__always)
    func element(_ index: Int) -> Element { Element(at: self.address(index), self.layout) }

    /// A leaf with one element.
    static func leaf(_ layout: Layout, with element: Element) -> Node {
        let size = element.size(layout)
        let leaf = Node.leaf(layout, capacity: Self.capacity(for: Self.headerBytes + size + 2))
        leaf.write(element, size, at: 0)
        return leaf
    }

    /// A leaf with some elements of this one, and room for so many bytes more.
    func part(_ range: Range<Int>, extraBytes: Int = 0) -> Node {
        let layout = self.layout
        var bytes = Self.headerBytes + extraBytes
        for index in range { bytes += self.element(index).size(layout) + 2 }
        let part = Node.leaf(layout, capacity: Self.capacity(for: bytes))
        part.append(self, range)
        return part
    }

    /// Room for what is there and some more, as long as there may be more; a full leaf gets what it needs.
    private static func capacity(for bytes: Int) -> Int {
        let roomy = SizeClass.roundUp(max(bytes + bytes / 4, Self.leastLeafBytes))
        return roomy <= Self.mostLeafBytes ? roomy : max(Self.mostLeafBytes, SizeClass.roundUp(bytes))
    }

    /// Writes elements of another leaf behind those of this one, where there is room.
    private func append(_ other: Node, _ range: Range<Int>) {
        let layout = self.layout
        for index in range {
            let size = other.element(index).size(layout)
            memcpy(self.base + self.end, other.address(index), size)
            self.noteElement(size, at: self.count)
        }
    }

    /// Both leaves' elements in one.
    static func joined(_ left: Node, _ right: Node) -> Node {
        let joined = left.part(0..<left.count, extraBytes: right.usedBytes)
        joined.append(right, 0..<right.count)
        return joined
    }

    /// Whether the leaf may take so many bytes more without being split.
    func takes(_ size: Int) -> Bool { self.usedBytes + size + 2 <= Self.mostLeafBytes }

    /// Puts an element in, in place if there is room and in a larger block otherwise.
    static func insert(_ element: Element, _ size: Int, at index: Int, into leaf: inout Node) {
        if leaf.end + size + 2 * (leaf.count + 1) > leaf.capacity {
            Self.makeRoom(size + 2, in: &leaf)
        }
        leaf.write(element, size, at: index)
    }

    private static func makeRoom(_ bytes: Int, in leaf: inout Node) {
        guard leaf.unused == 0 else {
            let larger = leaf.part(0..<leaf.count, extraBytes: bytes)
            leaf.release()
            leaf = larger
            return
        }
        // Nothing is to be left out: the block grows, and the offsets move to its new end.
        let old = leaf.capacity
        let new = Self.capacity(for: leaf.usedBytes + bytes)
        guard let base = realloc(leaf.base, new) else { fatalError("out of memory") }
        leaf = Node(base: base)
        let length = 2 * leaf.count
        memmove(base + (new - length), base + (old - length), length)
        leaf.capacity = new
    }

    private func write(_ element: Element, _ size: Int, at index: Int) {
        element.write(to: self.base + self.end, self.layout)
        self.noteElement(size, at: index)
    }

    /// The bytes at the end are the element of that index now.
    private func noteElement(_ size: Int, at index: Int) {
        let place = self.end
        let old = self.offsets
        self.count += 1
        let offsets = self.offsets
        memmove(offsets, old, 2 * index)
        offsets[index] = UInt16(place)
        self.end = place + size
    }

    /// Writes another element over one. False where it has no room in this leaf.
    func replace(_ index: Int, with element: Element) -> Bool {
        let layout = self.layout
        let old = self.element(index).size(layout)
        let size = element.size(layout)
        if size == old {
            element.write(to: self.address(index), layout)
            return true
        }
        guard self.end + size + 2 * self.count <= min(self.capacity, Self.mostLeafBytes) else { return false }
        element.write(to: self.base + self.end, layout)
        self.offsets[index] = UInt16(self.end)
        self.end += size
        self.unused += old
        return true
    }

    /// Takes an element out of a leaf, and shrinks a block that became too large.
    static func remove(_ index: Int, from leaf: inout Node) {
        let size = leaf.element(index).size(leaf.layout)
        let offsets = leaf.offsets
        if Int(offsets[index]) + size == leaf.end { leaf.end -= size } else { leaf.unused += size }
        memmove(offsets + 1, offsets, 2 * index)
        leaf.count -= 1
        if leaf.count == 0 {
            leaf.end = Self.headerBytes
            leaf.unused = 0
        }
        if leaf.capacity > 2 * Self.leastLeafBytes, leaf.usedBytes * 3 < leaf.capacity {
            let smaller = leaf.part(0..<leaf.count)
            leaf.release()
            leaf = smaller
        }
    }

    /// Where to divide a leaf so that both parts have about as many bytes; at least one element on either side.
    var middle: Int {
        let layout = self.layout
        let half = (self.usedBytes - Self.headerBytes) / 2
        var bytes = 0
        var index = 0
        while index < self.count - 1, bytes < half {
            bytes += self.element(index).size(layout) + 2
            index += 1
        }
        return max(1, index)
    }
}
