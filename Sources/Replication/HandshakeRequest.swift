// What a replica says first:
//
//     REPLICATE FROM <position> ID <replica-id>
//     REPLICATE FROM <position> ID <replica-id> HISTORY <40 hex digits> [REGION <name>]
//
// The short form is the wire of kevy 1.x; the long form closes the hole where two nodes number different writes alike.

package import Primitives
package import RESP

package struct HandshakeRequest: Equatable, Sendable {
    /// Everything up to here the replica has; 0 means that it has nothing.
    package var position: Position
    /// Chosen by the operator; 1 … 256 bytes of UTF-8.
    package var id: String
    /// The history that the position counts in; nil in the short form.
    package var history: History?
    package var region: String?

    package var isLongForm: Bool { self.history != nil }

    package init(position: Position, id: String, history: History? = nil, region: String? = nil) {
        self.position = position
        self.id = id
        self.history = history
        self.region = region
    }

    package static let longestID = 256

    /// Reads a command, checking in the order that the protocol gives, so that each mistake has its own answer.
    package init(_ command: Command) throws(HandshakeError) {
        guard [5, 7, 9].contains(command.count) else { throw .wrongArity(command.count) }
        guard command[0].equalsIgnoringCase("REPLICATE") else { throw .wrongVerb }
        guard command[1].equalsIgnoringCase("FROM") else { throw .expectedFrom }
        guard let position = Decimal.readUnsigned(command[2]), position <= UInt64(Int64.max) else {
            throw .invalidPosition
        }
        guard command[3].equalsIgnoringCase("ID") else { throw .expectedID }
        guard let id = Self.name(command[4]) else { throw .invalidID }
        self.init(position: position, id: id)
        if command.count >= 7 {
            guard command[5].equalsIgnoringCase("HISTORY") else { throw .expectedHistory }
            guard let history = History(hex: command[6]) else { throw .invalidHistory }
            self.history = history
        }
        if command.count == 9 {
            guard command[7].equalsIgnoringCase("REGION") else { throw .expectedRegion }
            guard let region = Self.name(command[8]) else { throw .invalidRegion }
            self.region = region
        }
    }

    private static func name(_ bytes: Bytes) -> String? {
        guard (1...Self.longestID).contains(bytes.count) else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }

    /// The answer that grants the request: the position as it was asked, and the history to the long form.
    package func acknowledgement(history: History) -> String {
        self.isLongForm ? "+ACK \(self.position) \(history.hex)\r\n" : "+ACK \(self.position)\r\n"
    }
}

/// A handshake that is refused; the peer is told why and the connection closed.
package enum HandshakeError: Error, Equatable, Sendable {
    case wrongArity(Int)
    case wrongVerb
    case expectedFrom
    case invalidPosition
    case expectedID
    case invalidID
    case expectedHistory
    case invalidHistory
    case expectedRegion
    case invalidRegion
    case tooLong
    case timedOut
    case malformed(ProtocolError)
    /// The position needs a snapshot, and too many replicas wait for one.
    case tooManyWaiting

    package var message: String {
        switch self {
        case .wrongArity(let count): "ERR REPLICATE takes 5, 7 or 9 arguments, got \(count)"
        case .wrongVerb: "ERR expected REPLICATE: this port speaks to replicas only, clients use the client port"
        case .expectedFrom: "ERR expected FROM after REPLICATE"
        case .invalidPosition: "ERR the position after FROM must be an unsigned decimal number"
        case .expectedID: "ERR expected ID after the position"
        case .invalidID: "ERR the replica id must be 1 to \(HandshakeRequest.longestID) bytes of UTF-8"
        case .expectedHistory: "ERR expected HISTORY after the replica id"
        case .invalidHistory: "ERR a history is 40 hexadecimal digits"
        case .expectedRegion: "ERR expected REGION after the history"
        case .invalidRegion: "ERR the region must be 1 to \(HandshakeRequest.longestID) bytes of UTF-8"
        case .tooLong: "ERR the handshake is longer than \(HandshakeParser.longestHandshake) bytes"
        case .timedOut: "ERR no handshake within \(HandshakeParser.timeoutSeconds) seconds"
        case .malformed(let error): "ERR \(error.message)"
        case .tooManyWaiting:
            "ERR \(SnapshotOptions.mostWaiting) replicas wait for a snapshot already: connect again later,"
                + " with a back-off"
        }
    }
}
