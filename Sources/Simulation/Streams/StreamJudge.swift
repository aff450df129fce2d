// Knows what was numbered in which history, and what the data came to at each number, whoever was seen with it first. From then
// on everybody must have the same: one number in one history is one mutation, and one state of the data.

internal import Keyspace
internal import Primitives

final class StreamJudge {
    private struct Numbering {
        /// By LSN − 1; nil as long as nobody was seen with it.
        var mutations: [[UInt8]?] = []
        var digests: [Position: Digest] = [:]

        /// What stands up to a position.
        func prefix(_ position: Position) -> Numbering {
            Numbering(
                mutations: Array(self.mutations.prefix(Int(position))),
                digests: self.digests.filter { $0.key <= position }
            )
        }
    }

    private var numberings: [History: Numbering] = [:]
    private(set) var comparisons = 0

    /// Somebody has a mutation under a number.
    func saw(_ lsn: LSN, _ mutation: Bytes, in history: History, by name: String) throws {
        let index = Int(lsn) - 1
        let count = self.numberings[history]?.mutations.count ?? 0
        if index < count, let known = self.numberings[history]?.mutations[index] {
            guard mutation.elementsEqual(known) else {
                throw StreamSimulation.Violation(reason: "\(name) has another mutation \(lsn) than was seen before")
            }
            return
        }
        if index >= count {
            let missing = [[UInt8]?](repeating: nil, count: index + 1 - count)
            self.numberings[history, default: Numbering()].mutations += missing
        }
        self.numberings[history]?.mutations[index] = Array(mutation)
    }

    /// Somebody's data at a position.
    /// - Parameter isFirst: nobody can have been there before, so there may be nothing to compare with.
    func saw(_ digest: Digest, at position: Position, in history: History, by name: String, isFirst: Bool) throws {
        guard let known = self.numberings[history]?.digests[position] else {
            // Between two mutations of one command nobody looks at the primary's data.
            if isFirst { self.numberings[history, default: Numbering()].digests[position] = digest }
            return
        }
        self.comparisons += 1
        guard known == digest else {
            throw StreamSimulation.Violation(reason: "\(name) has other data at \(position) than the primary had there")
        }
    }

    /// A history ends at a position; what it had numbered after it is gone from the primary, though not from replicas.
    /// - Parameter fresh: the one that goes on, which may be the same.
    func left(_ history: History, at position: Position, for fresh: History) {
        self.numberings[fresh] = self.numberings[history, default: Numbering()].prefix(position)
    }
}
