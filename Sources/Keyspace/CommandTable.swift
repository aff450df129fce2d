// Finds a command by its name, in any case, on the path of every command: without a `String` and without a call through a
// pointer. The name is folded into two words and looked up; what is found is then switched over.

package import Primitives

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
