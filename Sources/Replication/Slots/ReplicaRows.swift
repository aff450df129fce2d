// Rows by replica id, found by the number of the replica's link with one look-up of an integer: that is what happens for
// every acknowledgement.

/// A row that `ReplicaRows` keeps.
protocol ReplicaRow {
    var id: String { get }
    /// The link that serves the replica; nil while it is away.
    var link: UInt64? { get set }
}

struct ReplicaRows<Row: ReplicaRow> {
    /// In no order that means anything. Changed in place; ids and links only through the methods.
    var items: [Row] = []
    private var byID: [String: Int] = [:]
    private var byLink: [UInt64: Int] = [:]

    var count: Int { self.items.count }

    func index(id: String) -> Int? { self.byID[id] }

    /// Only for the link that serves the replica now: one that was replaced is not found.
    func index(link: UInt64) -> Int? { self.byLink[link] }

    subscript(id id: String) -> Row? { self.byID[id].map { self.items[$0] } }

    /// Adds a row of an id that is not there yet.
    /// - Returns: its index.
    mutating func append(_ row: Row) -> Int {
        precondition(self.byID[row.id] == nil && row.link == nil, "a replica has one row")
        self.byID[row.id] = self.items.count
        self.items.append(row)
        return self.items.count - 1
    }

    /// A link serves the row from now on; the one that did is forgotten.
    mutating func linkOpened(_ number: UInt64, at index: Int) {
        if let older = self.items[index].link { self.byLink[older] = nil }
        precondition(self.byLink[number] == nil, "a link serves one replica")
        self.items[index].link = number
        self.byLink[number] = index
    }

    /// - Returns: the row that the link served until now.
    mutating func linkClosed(_ number: UInt64) -> Int? {
        guard let index = self.byLink.removeValue(forKey: number) else { return nil }
        self.items[index].link = nil
        return index
    }

    /// Moves the last row to the place of the one that goes.
    mutating func remove(at index: Int) {
        let row = self.items[index]
        self.byID[row.id] = nil
        if let link = row.link { self.byLink[link] = nil }
        let last = self.items.removeLast()
        guard index < self.items.count else { return }
        self.items[index] = last
        self.byID[last.id] = index
        if let link = last.link { self.byLink[link] = index }
    }

    /// - Returns: whether any went.
    mutating func removeAll(where isGone: (Row) -> Bool) -> Bool {
        var isAny = false
        for index in self.items.indices.reversed() where isGone(self.items[index]) {
            self.remove(at: index)
            isAny = true
        }
        return isAny
    }
}

extension ReplicaRows: Sendable where Row: Sendable {}
