// Replies as the replica reads them when it asks its primary something on the client port: RESP2, rarely and little, so that
// each is read into a tree. The bytes are borrowed.

package import Primitives
import RESP

package enum ReplyValue {
    case simple(Bytes)
    case error(Bytes)
    case integer(Int64)
    case bulk(Bytes)
    case null
    case array([ReplyValue])

    package var text: String? {
        switch self {
        case .simple(let bytes), .bulk(let bytes): bytes.text
        case .error, .integer, .null, .array: nil
        }
    }

    package var number: Int64? { if case .integer(let number) = self { number } else { nil } }

    package var elements: [ReplyValue]? { if case .array(let list) = self { list } else { nil } }

    /// The value that follows a name, in an array of names and values.
    package subscript(name: StaticString) -> ReplyValue? {
        guard case .array(let list) = self else { return nil }
        for index in stride(from: 0, to: list.count - 1, by: 2) {
            if case .bulk(let bytes) = list[index], bytes.equals(Bytes(name)) { return list[index + 1] }
        }
        return nil
    }
}

package enum ReplyScan {
    case reply(ReplyValue, length: Int)
    case incomplete
    case malformed

    /// Arrays inside arrays; a reply of ours has five levels.
    private static let deepest = 16

    /// Reads one reply from the front.
    package init(_ bytes: Bytes) {
        var reader = Reader(bytes: bytes)
        do throws(Stop) {
            let value = try reader.value(depth: 0)
            self = .reply(value, length: reader.position)
        } catch {
            switch error {
            case .incomplete: self = .incomplete
            case .malformed: self = .malformed
            }
        }
    }

    private enum Stop: Error {
        case incomplete
        case malformed
    }

    private struct Reader {
        let bytes: Bytes
        var position = 0

        mutating func value(depth: Int) throws(Stop) -> ReplyValue {
            guard depth < ReplyScan.deepest else { throw .malformed }
            let line = try self.line()
            guard let marker = line.first else { throw .malformed }
            let rest = Bytes(rebasing: line.dropFirst())
            switch marker {
            case UInt8(ascii: "+"): return .simple(rest)
            case UInt8(ascii: "-"): return .error(rest)
            case UInt8(ascii: ":"): return .integer(try Self.number(rest))
            case UInt8(ascii: "$"):
                let length = try Self.number(rest)
                guard length >= 0 else { return .null }
                guard length <= Limits.bulkLength else { throw .malformed }
                let end = self.position + Int(length)
                guard end + 2 <= self.bytes.count else { throw .incomplete }
                defer { self.position = end + 2 }
                return .bulk(Bytes(rebasing: self.bytes[self.position..<end]))
            case UInt8(ascii: "*"):
                let count = try Self.number(rest)
                guard count >= 0 else { return .null }
                guard count <= Limits.argumentCount else { throw .malformed }
                var list: [ReplyValue] = []
                for _ in 0..<count { list.append(try self.value(depth: depth + 1)) }
                return .array(list)
            default: throw .malformed
            }
        }

        private mutating func line() throws(Stop) -> Bytes {
            guard let end = self.bytes[self.position...].firstIndex(of: UInt8(ascii: "\n")) else {
                guard self.bytes.count - self.position <= Limits.inlineLength else { throw .malformed }
                throw .incomplete
            }
            guard end > self.position, self.bytes[end - 1] == UInt8(ascii: "\r") else { throw .malformed }
            defer { self.position = end + 1 }
            return Bytes(rebasing: self.bytes[self.position..<(end - 1)])
        }

        private static func number(_ bytes: Bytes) throws(Stop) -> Int64 {
            guard let number = Decimal.read(bytes) else { throw .malformed }
            return number
        }
    }
}
