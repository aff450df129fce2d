import Primitives

extension Tree {
    /// Where an element is, or would be.
    /// - Parameter order: the order word of what is looked for; among equals, `member` decides.
    func find(_ order: UInt64, _ member: Bytes, _ context: CollectionContext) -> (index: Int, isFound: Bool) {
        var node = self.root
        var index = 0
        while !node.isLeaf {
            let child = Self.child(of: node, order, member)
            index += node.elementsBefore(child)
            node = node.child(child)
        }
        let layout = node.layout
        var low = 0
        var high = node.count
        while low < high {
            let middle = (low + high) / 2
            let element = node.element(middle)
            let other = layout.order(of: element, context)
            let difference = other == order ? Element.compare(element.member, member) : other < order ? -1 : 1
            if difference == 0 { return (index + middle, true) }
            if difference < 0 { low = middle + 1 } else { high = middle }
        }
        return (index + low, false)
    }

    /// Where a member is in a tree that is ordered by the members' hash.
    func find(_ member: Bytes, _ context: CollectionContext) -> (index: Int, isFound: Bool) {
        self.find(context.hash(member), member, context)
    }

    /// The last child that does not begin behind what is looked for.
    private static func child(of node: Node, _ order: UInt64, _ member: Bytes) -> Int {
        let orders = node.orders
        var low = 1
        var high = node.count
        while low < high {
            let middle = (low + high) / 2
            let isBehind =
                orders[middle] == order
                ? Element.compare(node.child(middle).firstElement.member, member) > 0 : orders[middle] > order
            if isBehind { high = middle } else { low = middle + 1 }
        }
        return low - 1
    }

    /// How many elements have a smaller order word.
    func countBelow(_ order: UInt64, _ context: CollectionContext) -> Int {
        self.find(order, Bytes(start: nil, count: 0), context).index
    }

    /// How many elements at the front are as `belongs` says; what follows must not be.
    func prefixCount(where belongs: (Element) -> Bool) -> Int {
        var node = self.root
        var index = 0
        while !node.isLeaf {
            var low = 1
            var high = node.count
            while low < high {
                let middle = (low + high) / 2
                if belongs(node.child(middle).firstElement) { low = middle + 1 } else { high = middle }
            }
            index += node.elementsBefore(low - 1)
            node = node.child(low - 1)
        }
        var low = 0
        var high = node.count
        while low < high {
            let middle = (low + high) / 2
            if belongs(node.element(middle)) { low = middle + 1 } else { high = middle }
        }
        return index + low
    }
}
