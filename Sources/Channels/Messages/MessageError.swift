/// Why bytes are no message. Whoever sent them is not trusted with another one: the connection is closed.
package enum MessageError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The bytes end early: at least `needed` are needed, and there are `had`.
    case truncated(needed: Int, had: Int)
    case wrongSubprotocol(UInt16)
    case wrongCode(UInt8)
    case badRole(UInt8)
    case badNackCode(UInt8)
    case badClass(UInt8)
    /// Neither 0 nor 1 where only these are possible.
    case badFlag(UInt8)
    case invalidUTF8
    /// So many bytes stand behind the message.
    case trailingBytes(Int)
    /// The length before a message is over the limit.
    case tooLong(Int)

    package var description: String {
        switch self {
        case .truncated(let needed, let had): "truncated: at least \(needed) bytes are needed, and there are \(had)"
        case .wrongSubprotocol(let found): "subprotocol 0x\(String(found, radix: 16)), and not 0xe00"
        case .wrongCode(let found): "no message has the code 0x\(String(found, radix: 16))"
        case .badRole(let found): "no role has the number \(found)"
        case .badNackCode(let found): "no nack has the code \(found)"
        case .badClass(let found): "no traffic class has the number \(found)"
        case .badFlag(let found): "\(found) where 0 or 1 must be"
        case .invalidUTF8: "a detail that is not UTF-8"
        case .trailingBytes(let count): "\(count) bytes behind the message"
        case .tooLong(let bytes): "a message of \(bytes) bytes, and \(MessageLayout.largestMessage) is the limit"
        }
    }
}
