internal import Channels

/// What is going to happen, in the order of time; what is due at the same time happens in the order in which it was entered.
struct Agenda<Happening> {
    private struct Entry {
        let time: Microseconds
        let number: Int
        let happening: Happening

        func precedes(_ other: Entry) -> Bool { (self.time, self.number) < (other.time, other.number) }
    }

    /// A binary heap: no entry precedes the one at half its index.
    private var entries: [Entry] = []
    private var entered = 0

    mutating func enter(_ happening: Happening, at time: Microseconds) {
        self.entered += 1
        self.entries.append(Entry(time: time, number: self.entered, happening: happening))
        var index = self.entries.count - 1
        while index > 0, self.entries[index].precedes(self.entries[(index - 1) / 2]) {
            self.entries.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    mutating func next() -> (time: Microseconds, happening: Happening)? {
        guard let first = self.entries.first, let last = self.entries.popLast() else { return nil }
        guard !self.entries.isEmpty else { return (first.time, first.happening) }
        self.entries[0] = last
        var index = 0
        while true {
            var least = index
            for child in [2 * index + 1, 2 * index + 2] where child < self.entries.count {
                if self.entries[child].precedes(self.entries[least]) { least = child }
            }
            guard least != index else { break }
            self.entries.swapAt(index, least)
            index = least
        }
        return (first.time, first.happening)
    }
}
