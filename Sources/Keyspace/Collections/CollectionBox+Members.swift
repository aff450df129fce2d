// What the four kinds do with their trees.

import Primitives

/// Lists.
extension CollectionBox {
    func append(_ member: Bytes) { self.main.insert(Element(member), at: self.count, self.context) }

    func prepend(_ member: Bytes) { self.main.insert(Element(member), at: 0, self.context) }

    func insert(_ member: Bytes, at index: Int) { self.main.insert(Element(member), at: index, self.context) }

    func replace(_ index: Int, with member: Bytes) { self.main.replace(index, with: Element(member), self.context) }
}

/// Sets and hashes.
extension CollectionBox {
    /// Where a set's member or a hash's field is; nil when it is not there.
    func find(_ member: Bytes) -> Int? {
        let found = self.main.find(member, self.context)
        return found.isFound ? found.index : nil
    }

    /// Adds a member, or a field with its value; false when it is there already.
    func add(_ member: Bytes, _ value: Bytes = Bytes(start: nil, count: 0)) -> Bool {
        let found = self.main.find(member, self.context)
        guard !found.isFound else { return false }
        self.main.insert(Element(member, value: value), at: found.index, self.context)
        return true
    }

    /// Gives a field a value; true when the field is new.
    func set(_ field: Bytes, _ value: Bytes) -> Bool {
        let found = self.main.find(field, self.context)
        let element = Element(field, value: value)
        if found.isFound {
            self.main.replace(found.index, with: element, self.context)
        } else {
            self.main.insert(element, at: found.index, self.context)
        }
        return !found.isFound
    }

    /// The value of a hash's field; valid until the next change.
    func value(of field: Bytes) -> Bytes? { self.find(field).map { self.main.element($0).value } }

    /// Takes a member out; false when it is not there.
    func remove(_ member: Bytes) -> Bool {
        guard let index = self.find(member) else { return false }
        self.main.remove(index, self.context)
        return true
    }

    func contains(_ member: Bytes) -> Bool { self.find(member) != nil }
}

/// Sorted sets.
extension CollectionBox {
    /// A sorted set whose tree is larger than a leaf has a second one.
    func score(of member: Bytes) -> Double? {
        if let index = self.index {
            let found = index.find(member, self.context)
            return found.isFound ? index.element(found.index).score : nil
        }
        var score: Double?
        self.main.visit(from: 0) {
            guard $0.member.equals(member) else { return true }
            score = $0.score
            return false
        }
        return score
    }

    /// The index of a member whose score is known.
    func rank(_ member: Bytes, _ score: Double) -> Int {
        self.main.find(Layout.order(score), member, self.context).index
    }

    /// Adds a member that is not there. A negative zero becomes zero, as in Redis's small sorted sets.
    func insert(_ member: Bytes, _ score: Double) {
        let score = score + 0
        self.main.insert(Element(member, score: score), at: self.rank(member, score), self.context)
        if self.index != nil {
            self.insertIntoIndex(Element(member, score: score))
        } else if !self.main.isSmall {
            self.index = Tree(.scoreIndex)
            self.main.visit(from: 0) {
                self.insertIntoIndex($0)
                return true
            }
        }
    }

    private func insertIntoIndex(_ element: Element) {
        guard let place = self.index?.find(element.member, self.context).index else { return }
        self.index?.insert(element, at: place, self.context)
    }

    /// Gives a member that is there another score.
    func move(_ member: Bytes, from old: Double, to new: Double) {
        let new = new + 0
        let place = self.rank(member, old)
        let element = Element(member, score: new)
        // Where it keeps its rank, only the score changes.
        let isBehind = place > 0 && Self.isOrdered(element, self.main.element(place - 1))
        let isBefore = place + 1 < self.count && Self.isOrdered(self.main.element(place + 1), element)
        if isBehind || isBefore {
            self.main.remove(place, self.context)
            self.main.insert(element, at: self.rank(member, new), self.context)
        } else {
            self.main.replace(place, with: element, self.context)
        }
        guard let found = self.index?.find(member, self.context), found.isFound else { return }
        self.index?.replace(found.index, with: element, self.context)
    }

    private static func isOrdered(_ left: Element, _ right: Element) -> Bool {
        let orders = (Layout.order(left.score), Layout.order(right.score))
        return orders.0 != orders.1 ? orders.0 < orders.1 : Element.compare(left.member, right.member) < 0
    }

    /// Takes a member out whose score is known.
    func remove(_ member: Bytes, _ score: Double) {
        // From the index first: the member's bytes may lie in the main tree.
        self.removeFromIndex(member)
        self.main.remove(self.rank(member, score), self.context)
    }

    /// Takes members out by their ranks.
    func remove(_ ranks: Range<Int>) {
        guard !ranks.isEmpty else { return }
        if self.index != nil {
            self.main.visit(from: ranks.lowerBound) {
                self.removeFromIndex($0.member)
                return self.count - (self.index?.count ?? 0) < ranks.count
            }
        }
        self.main.remove(ranks, self.context)
    }

    private func removeFromIndex(_ member: Bytes) {
        guard let found = self.index?.find(member, self.context), found.isFound else { return }
        self.index?.remove(found.index, self.context)
    }
}
