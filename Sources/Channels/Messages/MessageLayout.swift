/// Numbers of the wire. Everything is little-endian and of fixed width.
package enum MessageLayout {
    /// The first two bytes of every message.
    package static let subprotocol: UInt16 = 0x0e00
    /// subprotocol, code, channel, term
    package static let headerBytes = 2 + 1 + ChannelID.size + 8
    /// seq, term, length: what stands before a record's payload.
    package static let recordHeaderBytes = 8 + 8 + 4
    /// first, first retained, commit, id, count: what stands between the header and the records of a response.
    package static let responseHeaderBytes = 8 + 8 + 8 + 8 + 4
    /// Of records in one response; what a leader gives at most, whatever is asked.
    package static let largestChunk = 64 << 20
    /// Of one message, without its length. A chunk of one record of the largest size must fit.
    package static let largestMessage = Self.largestChunk + 4096

    /// Codes 0x28 to 0x2F are reserved.
    package enum Code: UInt8, CaseIterable, Sendable {
        case syncRequest = 0x20
        case syncResponse = 0x21
        case heartbeat = 0x22
        case nack = 0x23
        case voteRequest = 0x24
        case voteReply = 0x25
        case requestAhead = 0x26
        case stored = 0x27
    }
}
