// Collections against plain models: whatever happens in whatever order, both hold the same, and a copy holds what there was
// when it was made.

import Primitives
import Testing

@testable import Keyspace

@Suite struct TreeTests {
    private struct Item: Equatable {
        var member: [UInt8]
        var value: [UInt8] = []
        var score = 0.0
    }

    private static func contents(_ box: CollectionBox) -> [Item] {
        var items: [Item] = []
        let collection = Collection(box)
        let end = collection.visit(from: 0) {
            items.append(Item(member: Array($0.member), value: Array($0.value), score: $0.score))
            return true
        }
        #expect(end == items.count && collection.count == items.count)
        return items
    }

    /// Mostly small, sometimes large enough for a leaf of their own, with lengths around every border of the encoding.
    private static func bytes(_ generator: inout SeededGenerator) -> [UInt8] {
        let byte = UInt8.random(in: 0...255, using: &generator)
        let length =
            switch Int.random(in: 0..<40, using: &generator) {
            case 0:
                [0, 127, 128, 511, 512, 513, 2047, 16_383, 16_384, 70_000][Int.random(in: 0..<10, using: &generator)]
            case 1: Int.random(in: 200...900, using: &generator)
            default: Int.random(in: 1...24, using: &generator)
            }
        return [UInt8](repeating: byte, count: length)
    }

    @Test("A list that changes at random holds what an array holds", arguments: [3, 200, 5000])
    func lists(size: Int) {
        let box = CollectionBox(.list, CollectionContext(seed: 1))
        var model: [[UInt8]] = []
        var generator = SeededGenerator(seed: UInt64(size))
        for step in 0..<(size * 8) {
            let bytes = Self.bytes(&generator)
            let index = Int.random(in: 0...model.count, using: &generator)
            let grows = model.count < size && step % (size * 2) < size
            switch Int.random(in: 0..<10, using: &generator) {
            case 0...2 where grows:
                bytes.withUnsafeBytes { box.append($0) }
                model.append(bytes)
            case 3 where grows:
                bytes.withUnsafeBytes { box.prepend($0) }
                model.insert(bytes, at: 0)
            case 4...6 where grows:
                bytes.withUnsafeBytes { box.insert($0, at: index) }
                model.insert(bytes, at: index)
            case 7 where index < model.count:
                bytes.withUnsafeBytes { box.replace(index, with: $0) }
                model[index] = bytes
            case 8 where !grows && !model.isEmpty:
                let length = min(model.count - index, Int.random(in: 0...(size / 8 + 1), using: &generator))
                box.main.remove(index..<(index + length), box.context)
                model.removeSubrange(index..<(index + length))
            case 9 where !grows && index < model.count:
                box.main.remove(index, box.context)
                model.remove(at: index)
            default: break
            }
            if index < model.count { #expect(Array(box.main.element(index).member) == model[index]) }
            if step % 97 == 0 {
                TreeCheck.check(box.main, box.context)
                #expect(Self.contents(box).map(\.member) == model)
            }
        }
        #expect(Self.contents(box).map(\.member) == model)
        var backwards: [[UInt8]] = []
        box.main.visitBackwards(from: box.count - 1) {
            backwards.append(Array($0.member))
            return true
        }
        #expect(backwards == model.reversed())
    }

    @Test("A hash that changes at random holds what a dictionary holds", arguments: [4, 300, 6000])
    func hashes(size: Int) {
        let context = CollectionContext(seed: 2)
        let box = CollectionBox(.hash, context)
        var model: [[UInt8]: [UInt8]] = [:]
        var generator = SeededGenerator(seed: UInt64(size))
        for step in 0..<(size * 6) {
            let field = Array("field:\(Int.random(in: 0..<size, using: &generator))".utf8)
            let value = Self.bytes(&generator)
            if step % (size * 3) < size * 2 {
                let isNew = field.withUnsafeBytes { name in value.withUnsafeBytes { box.set(name, $0) } }
                #expect(isNew == (model.updateValue(value, forKey: field) == nil))
            } else {
                #expect(field.withUnsafeBytes { box.remove($0) } == (model.removeValue(forKey: field) != nil))
            }
            #expect(field.withUnsafeBytes { box.value(of: $0).map { Array($0) } } == model[field])
            if step % 101 == 0 { TreeCheck.check(box.main, context) }
        }
        #expect(Dictionary(uniqueKeysWithValues: Self.contents(box).map { ($0.member, $0.value) }) == model)
        TreeCheck.check(box.main, context)
    }

    @Test("A sorted set that changes at random stays sorted and knows ranks and scores", arguments: [5, 400, 5000])
    func sortedSets(size: Int) {
        let context = CollectionContext(seed: 3)
        let box = CollectionBox(.sortedSet, context)
        var model: [String: Double] = [:]
        var generator = SeededGenerator(seed: UInt64(size))
        let scores = [0, -0.0, 1, -1, .infinity, -.infinity, 0.5, 1e300, .leastNonzeroMagnitude]
        for step in 0..<(size * 6) {
            let name = "m:\(Int.random(in: 0..<size, using: &generator))"
            let score =
                Bool.random(using: &generator)
                ? scores[Int.random(in: 0..<scores.count, using: &generator)]
                : Double(Int.random(in: -50...50, using: &generator))
            name.withBytes { member in
                #expect(box.score(of: member) == model[name])
                if step % (size * 3) < size * 2 {
                    if let old = model[name] {
                        box.move(member, from: old, to: score)
                    } else {
                        box.insert(member, score)
                    }
                    model[name] = score
                } else if let old = model.removeValue(forKey: name) {
                    box.remove(member, old)
                }
            }
            if step == size * 3 {
                let start = box.count / 3
                let ranks = start..<(start + box.count / 4)
                for item in Self.contents(box)[ranks] { model[String(decoding: item.member, as: UTF8.self)] = nil }
                box.remove(ranks)
            }
            if step % 103 == 0 {
                TreeCheck.check(box.main, context)
                if let index = box.index { TreeCheck.check(index, context) }
            }
        }
        let sorted = model.sorted { $0.value != $1.value ? $0.value < $1.value : $0.key < $1.key }
        let items = Self.contents(box)
        #expect(items.map { String(decoding: $0.member, as: UTF8.self) } == sorted.map(\.key))
        #expect(items.map(\.score) == sorted.map(\.value))
        for (rank, item) in sorted.enumerated() {
            item.key.withBytes { #expect(box.rank($0, item.value) == rank && box.score(of: $0) == item.value) }
        }
    }

    @Test("A copy keeps what it was made of, whatever happens to the original and to other copies")
    func copies() {
        let context = CollectionContext(seed: 4)
        var box = CollectionBox(.list, context)
        var model: [[UInt8]] = []
        var generator = SeededGenerator(seed: 9)
        var kept: [(box: CollectionBox, model: [[UInt8]])] = []
        for step in 0..<6000 {
            if step % 300 == 0 {
                kept.append((CollectionBox(copying: box), model))
                // Some copies go on to change, and what was the original stays as it is.
                if step % 900 == 0 {
                    let copy = CollectionBox(copying: box)
                    kept.append((box, model))
                    box = copy
                }
                if kept.count > 6 { kept.remove(at: Int.random(in: 0..<kept.count, using: &generator)) }
            }
            let bytes = Self.bytes(&generator)
            let index = Int.random(in: 0...model.count, using: &generator)
            if model.count < 1500 || Bool.random(using: &generator) {
                bytes.withUnsafeBytes { box.insert($0, at: index) }
                model.insert(bytes, at: index)
            } else {
                let end = min(model.count, index + Int.random(in: 0...40, using: &generator))
                box.main.remove(index..<end, context)
                model.removeSubrange(index..<end)
            }
        }
        for (box, model) in kept + [(box, model)] {
            TreeCheck.check(box.main, context)
            #expect(Self.contents(box).map(\.member) == model)
        }
    }

    @Test("What grows at either end fills its leaves")
    func density() {
        let context = CollectionContext(seed: 5)
        for isAppending in [true, false] {
            let box = CollectionBox(.list, context)
            for _ in 0..<100_000 { "abc".withBytes { isAppending ? box.append($0) : box.prepend($0) } }
            // Four bytes of data and two of place for each, and a tenth for everything else.
            #expect(box.main.allocatedBytes < 100_000 * 6 * 11 / 10)
            TreeCheck.check(box.main, context)
        }
    }

    @Test("A large tree is given back in slices, and never while a copy needs it")
    func release() {
        let context = CollectionContext(seed: 6)
        var box: CollectionBox? = CollectionBox(.list, context)
        for index in 0..<50_000 { "element:\(index)".withBytes { box?.append($0) } }
        let copy = box.map { CollectionBox(copying: $0) }
        box = nil
        #expect(context.isEmpty)
        #expect(copy?.count == 50_000)
        copy?.main.remove(100..<49_900, context)
        #expect(!context.isEmpty)
        var slices = 1
        while context.releaseSlice(nodes: 50) { slices += 1 }
        #expect(slices > 5)
        #expect(copy.map { Self.contents($0).count } == 200)
    }
}

/// What holds for every tree at any time.
enum TreeCheck {
    static func check(_ tree: Tree, _ context: CollectionContext) {
        _ = self.check(tree.root, isRoot: true, context)
        guard tree.layout != .list else { return }
        var last: (order: UInt64, member: [UInt8])?
        tree.visit(from: 0) { element in
            let order = tree.layout.order(of: element, context)
            if let last {
                let isBehind =
                    last.order != order
                    ? last.order < order : last.member.withUnsafeBytes { Element.compare($0, element.member) } < 0
                #expect(isBehind, "elements are out of order")
            }
            last = (order, Array(element.member))
            return true
        }
    }

    private static func check(_ node: Node, isRoot: Bool, _ context: CollectionContext) -> Int {
        #expect(node.owners > 0)
        if node.isLeaf {
            #expect(node.count > 0 || isRoot)
            #expect(node.end + 2 * node.count <= node.capacity)
            #expect(node.capacity <= Node.mostLeafBytes + Node.largeElement || node.count <= 2)
            return node.count
        }
        #expect(node.count > (isRoot ? 1 : 0) && node.count <= Node.mostChildren)
        var total = 0
        for index in 0..<node.count {
            let child = node.child(index)
            #expect(child.level == node.level - 1 && child.layout == node.layout)
            #expect(node.orders[index] == child.firstOrder(context))
            let count = self.check(child, isRoot: false, context)
            #expect(count == node.elementCount(of: index))
            total += count
        }
        #expect(total == node.total)
        return total
    }
}
