/// One reply of RESP2 or RESP3.
enum Reply: Equatable {
    case simple(String)
    case error(String)
    case integer(Int64)
    case bulk([UInt8])
    case null
    case array([Reply])
    /// RESP3: keys and values in turn.
    case map([Reply])
    /// RESP3: text with its format.
    case verbatim(String)

    static func text(_ text: String) -> Reply { .bulk(Array(text.utf8)) }

    var isError: Bool { if case .error = self { true } else { false } }

    var text: String? {
        switch self {
        case .simple(let text), .error(let text): text
        case .bulk(let bytes): String(decoding: bytes, as: UTF8.self)
        case .verbatim(let text): String(text.dropFirst(4))
        case .integer, .null, .array, .map: nil
        }
    }

    /// Names and values, from a map or from what is one in RESP3.
    var fields: [String: Reply] {
        switch self {
        case .array(let list), .map(let list):
            var fields: [String: Reply] = [:]
            for index in stride(from: 0, to: list.count - 1, by: 2) { fields[list[index].text ?? ""] = list[index + 1] }
            return fields
        case .simple, .error, .integer, .bulk, .null, .verbatim: return [:]
        }
    }

    var number: Int64? { if case .integer(let number) = self { number } else { nil } }

    var elements: [Reply] { if case .array(let elements) = self { elements } else { [] } }
}

/// Reads one reply from the front of bytes that may be cut.
struct ReplyReader {
    private let bytes: ArraySlice<UInt8>
    private(set) var position: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        self.position = bytes.startIndex
    }

    /// nil when the reply is not complete.
    mutating func read() -> Reply? {
        guard let line = self.line(), let type = line.first else { return nil }
        let rest = String(line.dropFirst())
        switch type {
        case "+": return .simple(rest)
        case "-": return .error(rest)
        case ":": return Int64(rest).map { .integer($0) }
        case "_": return .null
        case "$": return rest == "-1" ? .null : self.blob(rest).map { .bulk($0) }
        case "=": return self.blob(rest).map { .verbatim(String(decoding: $0, as: UTF8.self)) }
        case "*": return rest == "-1" ? .null : self.list(Int(rest) ?? 0).map { .array($0) }
        case "%": return self.list(2 * (Int(rest) ?? 0)).map { .map($0) }
        default: return .error("not a reply: \(line)")
        }
    }

    private mutating func line() -> String? {
        guard let end = self.bytes[self.position...].firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        defer { self.position = end + 1 }
        return String(decoding: self.bytes[self.position..<(end - 1)], as: UTF8.self)
    }

    private mutating func blob(_ length: String) -> [UInt8]? {
        guard let length = Int(length), self.bytes.endIndex - self.position >= length + 2 else { return nil }
        defer { self.position += length + 2 }
        return Array(self.bytes[self.position..<(self.position + length)])
    }

    private mutating func list(_ count: Int) -> [Reply]? {
        var list: [Reply] = []
        for _ in 0..<count {
            guard let reply = self.read() else { return nil }
            list.append(reply)
        }
        return list
    }
}
