// Inline commands as redis-cli and telnet users type them: words between blanks, "double quotes" with escapes (\n \r \t
// \b \a \xHH), 'single quotes' with \' only.

import Primitives

enum InlineWords {
    /// Splits a line into words; nil when quotes are unbalanced or not followed by a blank.
    static func split(_ line: Bytes) -> [[UInt8]]? {
        var words: [[UInt8]] = []
        var index = 0
        while true {
            while index < line.count, Self.isBlank(line[index]) { index += 1 }
            guard index < line.count else { return words }
            guard let word = Self.word(line, &index) else { return nil }
            words.append(word)
        }
    }

    private static func word(_ line: Bytes, _ index: inout Int) -> [UInt8]? {
        var word: [UInt8] = []
        while index < line.count, !Self.isBlank(line[index]) {
            let byte = line[index]
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
                guard Self.quoted(line, &index, by: byte, into: &word) else { return nil }
                return word
            }
            word.append(byte)
            index += 1
        }
        return word
    }

    private static func quoted(_ line: Bytes, _ index: inout Int, by quote: UInt8, into word: inout [UInt8]) -> Bool {
        index += 1
        while index < line.count {
            let byte = line[index]
            if byte == quote {
                index += 1
                return index == line.count || Self.isBlank(line[index])
            }
            if byte == UInt8(ascii: "\\"), index + 1 < line.count {
                word.append(Self.escape(line, &index, in: quote))
            } else {
                word.append(byte)
                index += 1
            }
        }
        return false
    }

    private static func escape(_ line: Bytes, _ index: inout Int, in quote: UInt8) -> UInt8 {
        let next = line[index + 1]
        guard quote == UInt8(ascii: "\"") else {
            // Between single quotes a backslash escapes the quote alone.
            index += next == quote ? 2 : 1
            return next == quote ? quote : UInt8(ascii: "\\")
        }
        if next == UInt8(ascii: "x"), index + 3 < line.count,
            let value = UInt8(Bytes(rebasing: line[(index + 2)...(index + 3)]).text, radix: 16)
        {
            index += 4
            return value
        }
        index += 2
        switch next {
        case UInt8(ascii: "n"): return 0x0a
        case UInt8(ascii: "r"): return 0x0d
        case UInt8(ascii: "t"): return 0x09
        case UInt8(ascii: "b"): return 0x08
        case UInt8(ascii: "a"): return 0x07
        default: return next
        }
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || (0x09...0x0d).contains(byte) || byte == 0
    }
}
