// A reply, with every byte of its form kept: two replies are equal when their bytes are.

indirect enum Reply: Equatable, CustomStringConvertible {
    /// `+`, `-`, `:`, `_` … with the rest of the line; null bulks and arrays too.
    case line(UInt8, [UInt8])
    case bulk([UInt8])
    /// `*`, `~` or `%` with its elements; a map's keys and values one after the other.
    case aggregate(UInt8, [Reply])

    /// Reads one reply; nil when it is not there as a whole.
    static func read(_ bytes: [UInt8], from start: Int) -> (Reply, next: Int)? {
        guard start < bytes.count, let end = bytes[start...].firstIndex(of: 0x0d), end + 1 < bytes.count else {
            return nil
        }
        let text = Array(bytes[(start + 1)..<end])
        let marker = bytes[start]
        guard let count = Int(String(decoding: text, as: UTF8.self)), count >= 0 else {
            return (.line(marker, text), end + 2)
        }
        switch marker {
        case UInt8(ascii: "$"):
            guard end + 2 + count + 2 <= bytes.count else { return nil }
            return (.bulk(Array(bytes[(end + 2)..<(end + 2 + count)])), end + 4 + count)
        case UInt8(ascii: "*"), UInt8(ascii: "~"), UInt8(ascii: "%"):
            var elements: [Reply] = []
            var place = end + 2
            for _ in 0..<(marker == UInt8(ascii: "%") ? 2 * count : count) {
                guard let (element, next) = Self.read(bytes, from: place) else { return nil }
                elements.append(element)
                place = next
            }
            return (.aggregate(marker, elements), place)
        default: return (.line(marker, text), end + 2)
        }
    }

    var integer: Int64? {
        guard case .line(UInt8(ascii: ":"), let digits) = self else { return nil }
        return Int64(String(decoding: digits, as: UTF8.self))
    }

    var isNull: Bool { self == .line(UInt8(ascii: "$"), Array("-1".utf8)) || self == .line(UInt8(ascii: "_"), []) }

    var isBulk: Bool {
        if case .bulk = self { true } else { false }
    }

    /// With the elements of every aggregate in an order of their own.
    var sorted: Reply {
        guard case .aggregate(let marker, let elements) = self else { return self }
        return .aggregate(marker, elements.map(\.sorted).sorted { "\($0)" < "\($1)" })
    }

    /// Without what the elements are.
    var shape: Reply {
        switch self {
        case .line(let marker, let text):
            .line(marker, [UInt8(ascii: ":"), UInt8(ascii: ",")].contains(marker) ? [] : text)
        case .bulk: .bulk([])
        case .aggregate(let marker, let elements): .aggregate(marker, elements.map(\.shape))
        }
    }

    var description: String {
        switch self {
        case .line(let marker, let text): String(decoding: [marker] + text, as: UTF8.self)
        case .bulk(let bytes): "\"" + bytes.map { Self.printable($0) }.joined() + "\""
        case .aggregate(let marker, let elements): String(decoding: [marker], as: UTF8.self) + "\(elements)"
        }
    }

    static func text(_ bytes: [UInt8]) -> String { bytes.map { Self.printable($0) }.joined() }

    static func printable(_ byte: UInt8) -> String {
        (0x20..<0x7f).contains(byte) ? String(UnicodeScalar(byte)) : "\\x" + String(byte, radix: 16)
    }
}

/// A command as an array of bulk strings.
func encode(_ words: [[UInt8]]) -> [UInt8] {
    words.reduce(into: Array("*\(words.count)\r\n".utf8)) { bytes, word in
        bytes += Array("$\(word.count)\r\n".utf8) + word + Array("\r\n".utf8)
    }
}
