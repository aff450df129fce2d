// Every command that the server knows, with what Redis's `COMMAND` says about it. The table answers two questions on the
// path of a command — which one is it, and which of its arguments are keys — without a `String` and without a call through
// a pointer: a command is found by its folded name and then switched over.

package import Primitives

/// Facts about one command.
package struct CommandSpec: Sendable {
    package struct Flags: OptionSet, Sendable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }

        /// May change data: refused on a replica.
        package static let write = Flags(rawValue: 1)
        package static let readonly = Flags(rawValue: 2)
        /// May be refused when memory is short.
        package static let denyOOM = Flags(rawValue: 4)
        package static let admin = Flags(rawValue: 8)
        package static let fast = Flags(rawValue: 16)
        package static let loading = Flags(rawValue: 32)
        package static let stale = Flags(rawValue: 64)
    }

    /// Who carries a command out.
    package enum Scope: Sendable {
        /// The shard that owns the keys.
        case keyspace
        /// All shards, each its part; the replies are joined.
        case allShards
        /// The connection that sent it.
        case connection
    }

    package var name: StaticString
    package var id: CommandID
    /// Arguments with the name; negative: at least so many.
    package var arity: Int
    package var flags: Flags
    package var scope: Scope
    /// First key argument, last one (negative: from the end), and the step between keys; 0 0 0 for none.
    package var firstKey: Int
    package var lastKey: Int
    package var keyStep: Int
    /// For `COMMAND DOCS`: group and one line.
    package var group: StaticString
    package var summary: StaticString

    /// Whether a command with so many arguments is well-formed.
    package func accepts(argumentCount: Int) -> Bool {
        self.arity >= 0 ? argumentCount == self.arity : argumentCount >= -self.arity
    }
}

/// Finds commands by name.
package final class CommandTable: Sendable {
    package let specs: [CommandSpec]
    /// Index into `specs` plus one, by folded name; open addressing, at most half full.
    private let places: [UInt16]
    private let names: [FoldedName]
    private static let placeCount = 512

    package init() {
        self.specs = CommandSpec.all
        self.names = self.specs.map { FoldedName(Bytes($0.name)) }
        precondition(self.specs.count * 2 <= Self.placeCount)
        var places = [UInt16](repeating: 0, count: Self.placeCount)
        for (index, name) in self.names.enumerated() {
            var place = name.hash
            while places[place] != 0 { place = (place + 1) % Self.placeCount }
            places[place] = UInt16(index + 1)
        }
        self.places = places
    }

    /// The command of that name in any case; nil when there is none. The result indexes `specs`.
    package func index(of name: Bytes) -> Int? {
        guard name.count <= FoldedName.longest else { return nil }
        let folded = FoldedName(name)
        var place = folded.hash
        while true {
            let found = self.places[place]
            if found == 0 { return nil }
            let index = Int(found) - 1
            if self.names[index] == folded { return index }
            place = (place + 1) % Self.placeCount
        }
    }

    /// A name of up to sixteen bytes in two words. Setting bit 5 folds the case of letters, and turns nothing else into a
    /// letter.
    private struct FoldedName: Equatable {
        static let longest = 16
        private var low: UInt64 = 0
        private var high: UInt64 = 0
        private let count: Int

        init(_ name: Bytes) {
            self.count = name.count
            for (index, byte) in name.enumerated() {
                let folded = UInt64(byte | 0x20)
                if index < 8 {
                    self.low |= folded << UInt64(8 * index)
                } else {
                    self.high |= folded << UInt64(8 * (index - 8))
                }
            }
        }

        var hash: Int {
            let mixed = (self.low ^ (self.high &* 0x9e37_79b9_7f4a_7c15)) &* 0xff51_afd7_ed55_8ccd
            return Int(mixed >> 55)
        }
    }
}
