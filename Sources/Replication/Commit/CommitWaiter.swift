// Wakes writers that wait for replicas. Waits of the same rule stand in one row, ordered by position: what is reached is
// always a prefix of it, so that progress costs a look at the replicas and one at each rule, however many wait.

import DequeModule
package import Primitives

package struct CommitWaiter: Sendable {
    private struct Wait {
        var position: Position
        var rule: CommitRule
        var deadline: Milliseconds?
    }

    private struct Place: Comparable {
        var position: Position
        var token: UInt64

        static func < (left: Place, right: Place) -> Bool {
            (left.position, left.token) < (right.position, right.token)
        }
    }

    private var waits: [UInt64: Wait] = [:]
    /// Ascending.
    private var rows: [CommitRule: Deque<Place>] = [:]
    private var reach = CommitReach()
    /// No wait ends before this; nil when none ends by itself.
    private var firstDeadline: Milliseconds?
    /// Waits were added that nobody has looked at yet: `progressChanged` is owed, in the same turn.
    package private(set) var isOwedProgress = false

    package init() {}

    package var isEmpty: Bool { self.waits.isEmpty }
    package var count: Int { self.waits.count }

    /// The lowest position that somebody waits for. Progress that ends below it finishes nothing.
    package var lowestPosition: Position? {
        self.rows.values.lazy.compactMap { $0.first?.position }.min()
    }

    /// Begins a wait, which the next `progressChanged` looks at first, even if it is over at once.
    /// - Parameters:
    ///   - token: the caller's; not waiting already.
    ///   - position: of the write.
    ///   - deadline: nil to wait for ever.
    package mutating func add(_ token: UInt64, position: Position, rule: CommitRule, deadline: Milliseconds?) {
        let wait = Wait(position: position, rule: rule, deadline: deadline)
        precondition(self.waits.updateValue(wait, forKey: token) == nil, "a token waits once")
        let place = Place(position: position, token: token)
        // A write is nearly always the newest one: the search is for clients that wait for an older one.
        if let last = self.rows[rule]?.last, last > place, let index = self.index(of: place, in: rule) {
            self.rows[rule]?.insert(place, at: index)
        } else {
            self.rows[rule, default: []].append(place)
        }
        if let deadline { self.firstDeadline = min(self.firstDeadline ?? deadline, deadline) }
        self.isOwedProgress = true
    }

    /// Forgets a wait; its client is gone.
    package mutating func cancel(_ token: UInt64) {
        guard let wait = self.waits.removeValue(forKey: token) else { return }
        self.remove(Place(position: wait.position, token: token), from: wait.rule)
    }

    /// Replicas or this node's own log got further, came, or left. To be called once a turn, and only if somebody waits.
    /// - Returns: the waits that are over, by token.
    package mutating func progressChanged(_ progress: CommitProgress) -> [CommitOutcome] {
        self.isOwedProgress = false
        guard !self.waits.isEmpty else { return [] }
        self.reach = CommitReach(progress)
        var outcomes: [CommitOutcome] = []
        var emptied: [CommitRule] = []
        var index = self.rows.startIndex
        while index < self.rows.endIndex {
            let rule = self.rows.keys[index]
            if let reached = self.reach.position(for: rule) {
                while let place = self.rows.values[index].first, place.position <= reached {
                    self.rows.values[index].removeFirst()
                    self.waits[place.token] = nil
                    outcomes.append(self.reach.outcome(place.token, at: place.position, rule, isReached: true))
                }
                if self.rows.values[index].isEmpty { emptied.append(rule) }
            }
            index = self.rows.index(after: index)
        }
        for rule in emptied { self.rows[rule] = nil }
        // The order of a dictionary differs from run to run.
        return outcomes.sorted { $0.token < $1.token }
    }

    /// Ends waits whose time has come, with what they gathered.
    /// - Returns: by token.
    package mutating func tick(now: Milliseconds) -> [CommitOutcome] {
        guard let first = self.firstDeadline, first <= now else { return [] }
        return self.end { $0.deadline.map { $0 <= now } ?? false }
    }

    /// Ends every wait: the node is not a primary any more, or its history has ended.
    /// - Returns: by token.
    package mutating func endAll() -> [CommitOutcome] { self.end { _ in true } }

    private mutating func end(where isOver: (Wait) -> Bool) -> [CommitOutcome] {
        var outcomes: [CommitOutcome] = []
        self.firstDeadline = nil
        for (token, wait) in self.waits {
            if isOver(wait) {
                outcomes.append(self.reach.outcome(token, at: wait.position, wait.rule, isReached: false))
            } else if let deadline = wait.deadline {
                self.firstDeadline = min(self.firstDeadline ?? deadline, deadline)
            }
        }
        outcomes.sort { $0.token < $1.token }
        for outcome in outcomes { self.cancel(outcome.token) }
        return outcomes
    }

    private mutating func remove(_ place: Place, from rule: CommitRule) {
        guard let index = self.index(of: place, in: rule), self.rows[rule]?[index] == place else {
            preconditionFailure("a wait stands in the row of its rule")
        }
        self.rows[rule]?.remove(at: index)
        if self.rows[rule]?.isEmpty ?? false { self.rows[rule] = nil }
    }

    /// The first place in a row that is not before this one.
    private func index(of place: Place, in rule: CommitRule) -> Int? {
        guard let row = self.rows[rule] else { return nil }
        var low = 0
        var high = row.count
        while low < high {
            let middle = (low + high) / 2
            if row[middle] < place { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
