/// What kinds of mutations a load consists of, in parts of any sum.
package struct MutationMix: Sendable, Hashable, CustomStringConvertible {
    package enum Kind: String, Sendable, CaseIterable {
        case set, increment, append, delete, hashSet, listPush

        /// The command's name, as suites write it.
        package var word: String {
            switch self {
            case .set: "set"
            case .increment: "incr"
            case .append: "append"
            case .delete: "del"
            case .hashSet: "hset"
            case .listPush: "lpush"
            }
        }
    }

    package var set = 1
    package var increment = 0
    package var append = 0
    package var delete = 0
    package var hashSet = 0
    package var listPush = 0

    /// SET alone: what throughput is measured with, and what synthetic replicas check value by value.
    package static let sets = MutationMix()
    /// Every kind. Deletions keep what grows (appended values, hashes, lists) at a few elements each.
    package static let every = MutationMix(set: 50, increment: 10, append: 10, delete: 10, hashSet: 10, listPush: 10)

    package init(
        set: Int = 1,
        increment: Int = 0,
        append: Int = 0,
        delete: Int = 0,
        hashSet: Int = 0,
        listPush: Int = 0
    ) {
        self.set = set
        self.increment = increment
        self.append = append
        self.delete = delete
        self.hashSet = hashSet
        self.listPush = listPush
        precondition(self.sum > 0 && Kind.allCases.allSatisfy { self.parts($0) >= 0 }, "a mix has parts")
    }

    /// Whether it is SET alone.
    package var isPlain: Bool { self.sum == self.set }

    package func parts(_ kind: Kind) -> Int {
        switch kind {
        case .set: self.set
        case .increment: self.increment
        case .append: self.append
        case .delete: self.delete
        case .hashSet: self.hashSet
        case .listPush: self.listPush
        }
    }

    /// Whether values grow without end: nothing takes away what APPEND and LPUSH add.
    package var growsForever: Bool { self.append + self.listPush > 0 && self.delete == 0 }

    /// `set 80 incr 20`.
    package var description: String {
        Kind.allCases.filter { self.parts($0) > 0 }.map { "\($0.word) \(self.parts($0))" }.joined(separator: " ")
    }

    private var sum: Int { self.set + self.increment + self.append + self.delete + self.hashSet + self.listPush }

    /// A kind for a random number; each comes as often as its parts say.
    package func kind(_ random: UInt64) -> Kind {
        var place = Int(random % UInt64(self.sum))
        for kind in Kind.allCases {
            if place < self.parts(kind) { return kind }
            place -= self.parts(kind)
        }
        preconditionFailure("the parts of a mix add up to its sum")
    }
}
