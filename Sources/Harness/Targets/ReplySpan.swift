// Where answers end, without reading what is in them: for comparing many of them as bytes.

enum ReplySpan {
    /// Answers nest at most so deep; those that are compared are one level.
    private static let depthLimit = 8

    /// The offset behind the answer that begins at `start`; nil when it is not whole yet.
    static func end(_ bytes: [UInt8], from start: Int, depth: Int = 0) throws(HarnessError) -> Int? {
        guard start < bytes.count, let (count, next) = try self.head(bytes, from: start) else { return nil }
        switch bytes[start] {
        case UInt8(ascii: "$"):
            guard count >= 0 else { return next }
            return next + count + 2 <= bytes.count ? next + count + 2 : nil
        case UInt8(ascii: "*"):
            guard depth < self.depthLimit else { throw self.malformed(bytes, start) }
            var at = next
            for _ in 0..<max(0, count) {
                guard let end = try self.end(bytes, from: at, depth: depth + 1) else { return nil }
                at = end
            }
            return at
        default: return next
        }
    }

    /// The elements of the list that begins at `start` and is whole; nil when it is no list.
    static func elements(_ bytes: [UInt8], from start: Int) throws(HarnessError) -> [ArraySlice<UInt8>]? {
        guard start < bytes.count, bytes[start] == UInt8(ascii: "*"),
            let (count, next) = try self.head(bytes, from: start)
        else { return nil }
        var elements: [ArraySlice<UInt8>] = []
        var at = next
        for _ in 0..<max(0, count) {
            guard let end = try self.end(bytes, from: at) else { return nil }
            elements.append(bytes[at..<end])
            at = end
        }
        return elements
    }

    /// The bytes of a bulk string, without its envelope.
    static func payload(_ element: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard element.first == UInt8(ascii: "$"), let end = element.firstIndex(of: UInt8(ascii: "\n")) else {
            return element
        }
        return element[(end + 1)...].dropLast(2)
    }

    /// The number in an answer's first line, of kinds that have one, and the offset behind the line.
    private static func head(_ bytes: [UInt8], from start: Int) throws(HarnessError) -> (count: Int, next: Int)? {
        guard let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        switch bytes[start] {
        case UInt8(ascii: "$"), UInt8(ascii: "*"):
            guard let count = self.number(bytes[(start + 1)..<max(start + 1, end - 1)]) else {
                throw self.malformed(bytes, start)
            }
            return (count, end + 1)
        case UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: ":"): return (0, end + 1)
        default: throw self.malformed(bytes, start)
        }
    }

    /// A length: -1, or up to the largest that any server sends.
    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        guard !digits.elementsEqual([UInt8(ascii: "-"), UInt8(ascii: "1")]) else { return -1 }
        guard !digits.isEmpty, digits.count < 10 else { return nil }
        var value = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            value = value * 10 + Int(digit - UInt8(ascii: "0"))
        }
        return value
    }

    private static func malformed(_ bytes: [UInt8], _ start: Int) -> HarnessError {
        let text = String(decoding: bytes[start...].prefix(64), as: UTF8.self)
        return HarnessError(.targetFailed, "the target's answer is no RESP: \(text)")
    }
}
