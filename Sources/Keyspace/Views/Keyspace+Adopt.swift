extension Keyspace {
    /// Takes the data of another keyspace in place of its own, with the seed of its hash. What was here goes back in slices
    /// (`releaseSlice`), after the views that are open over it. Nothing is written to `mutations`.
    package mutating func adopt(_ other: consuming Keyspace) {
        precondition(other.views.allSatisfy { $0.state == .free }, "a keyspace with views cannot be adopted")
        self.detach(self.table.removeAll())
        swap(&self.table, &other.table)
        self.table.events = self.events
        self.formerCollections.append(self.collections)
        self.collections = other.collections
        self.expiryCursor = 0
    }
}
