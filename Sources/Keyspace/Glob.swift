// Patterns as KEYS and SCAN take them: `*`, `?`, `[a-z]`, `[^a-z]`, and a backslash before a byte that means itself. Every part
// but `*` stands for exactly one byte, so it is enough to return to the last `*` when something does not fit: the time is
// bounded by the product of both lengths, never exponential. Quirks (an open class ends with the pattern, ranges compare
// signed bytes and may be written backwards, an empty key matches the empty pattern alone) are those of Redis.

package import Primitives

package struct Glob {
    private let pattern: Bytes

    /// - Parameter pattern: borrowed; as long as the glob is used.
    package init(_ pattern: Bytes) { self.pattern = pattern }

    /// A pattern that every key matches, the empty one included.
    var matchesAll: Bool { self.pattern.count == 1 && self.pattern[0] == UInt8(ascii: "*") }

    package func matches(_ text: Bytes) -> Bool {
        guard text.count > 0 else { return self.pattern.count == 0 }
        var place = 0
        var read = 0
        /// Behind the last `*`, and the byte that it will take next.
        var retry: (place: Int, read: Int)?
        while read < text.count {
            if place < self.pattern.count, self.pattern[place] == UInt8(ascii: "*") {
                place += 1
                retry = (place, read)
            } else if place < self.pattern.count, self.one(&place, text[read]) {
                read += 1
            } else if let last = retry {
                place = last.place
                read = last.read + 1
                retry = (last.place, read)
            } else {
                return false
            }
        }
        while place < self.pattern.count, self.pattern[place] == UInt8(ascii: "*") { place += 1 }
        return place == self.pattern.count
    }

    /// Whether the part at `place`, which is not a `*`, stands for a byte; moves behind the part.
    private func one(_ place: inout Int, _ byte: UInt8) -> Bool {
        let first = self.pattern[place]
        place += 1
        switch first {
        case UInt8(ascii: "?"): return true
        case UInt8(ascii: "["): return self.oneOfClass(&place, byte)
        case UInt8(ascii: "\\") where place < self.pattern.count:
            place += 1
            return self.pattern[place - 1] == byte
        default: return first == byte
        }
    }

    private func oneOfClass(_ place: inout Int, _ byte: UInt8) -> Bool {
        let isNegated = place < self.pattern.count && self.pattern[place] == UInt8(ascii: "^")
        if isNegated { place += 1 }
        var found = false
        while place < self.pattern.count {
            let left = self.pattern.count - place
            let first = self.pattern[place]
            if first == UInt8(ascii: "\\"), left >= 2 {
                found = found || self.pattern[place + 1] == byte
                place += 2
            } else if first == UInt8(ascii: "]") {
                place += 1
                break
            } else if left >= 3, self.pattern[place + 1] == UInt8(ascii: "-") {
                let bounds = (Int8(bitPattern: first), Int8(bitPattern: self.pattern[place + 2]))
                let range = min(bounds.0, bounds.1)...max(bounds.0, bounds.1)
                found = found || range.contains(Int8(bitPattern: byte))
                place += 3
            } else {
                found = found || first == byte
                place += 1
            }
        }
        return found != isNegated
    }
}
