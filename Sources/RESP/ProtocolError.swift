/// Input that is not RESP, worded as Redis words it. The connection is answered and closed.
/// Source: https://redis.io/docs/latest/develop/reference/protocol-spec/
package enum ProtocolError: Error, Equatable, Sendable {
    case tooBigInlineRequest
    case tooBigArgumentCountLine
    case invalidArgumentCount
    case tooBigBulkLengthLine
    case expectedBulk(UInt8)
    case invalidBulkLength
    case unbalancedQuotes

    package var message: String {
        switch self {
        case .tooBigInlineRequest: "Protocol error: too big inline request"
        case .tooBigArgumentCountLine: "Protocol error: too big mbulk count string"
        case .invalidArgumentCount: "Protocol error: invalid multibulk length"
        case .tooBigBulkLengthLine: "Protocol error: too big bulk count string"
        case .expectedBulk(let byte): "Protocol error: expected '$', got '\(Self.printable(byte))'"
        case .invalidBulkLength: "Protocol error: invalid bulk length"
        case .unbalancedQuotes: "Protocol error: unbalanced quotes in request"
        }
    }

    private static func printable(_ byte: UInt8) -> Character {
        (0x20..<0x7f).contains(byte) ? Character(UnicodeScalar(byte)) : " "
    }
}
