// How two members prove to each other that they belong together before the first message. Both know a secret:
//
//     each:   "SLC1", own node id (u16), 32 random bytes
//     each:   HMAC-SHA-256(secret; "sluice-member-v1", who connected (u8), own id, other id, own random bytes, the other's)
//
// Neither learns the secret, a proof cannot be played back (the random bytes are new) nor turned around (it names its direction).
// What follows is not encrypted and not signed: where the network is not trusted, the connection needs TLS beneath.

internal import Crypto
package import Primitives

package struct MemberHandshake: Sendable {
    package enum Outcome: Equatable, Sendable {
        /// Send these (perhaps none), and come back with more.
        case goOn(send: [UInt8])
        /// The other end is this member. These bytes are left, and belong to the first messages.
        case proved(NodeID, send: [UInt8], rest: [UInt8])
        case failed(HandshakeFailure)
    }

    /// How long it may take, in seconds.
    package static let timeoutSeconds = 10
    package static let nonceBytes = 32
    private static let magic = Array("SLC1".utf8)
    private static let helloBytes = 4 + 2 + Self.nonceBytes
    private static let proofBytes = 32

    private enum State: Sendable {
        case waitsForHello
        case waitsForProof(NodeID, expected: [UInt8])
        case ended
    }

    private let secret: [UInt8]
    private let node: NodeID
    private let members: [NodeID]
    private let nonce: [UInt8]
    private let isConnector: Bool
    private var state = State.waitsForHello
    private var held: [UInt8] = []

    /// - Parameters:
    ///   - nonce: `nonceBytes` that were never used before.
    ///   - isConnector: whether this node made the connection.
    package init(secret: [UInt8], node: NodeID, members: [NodeID], nonce: [UInt8], isConnector: Bool) {
        precondition(nonce.count == Self.nonceBytes, "a nonce has \(Self.nonceBytes) bytes")
        self.secret = secret
        self.node = node
        self.members = members
        self.nonce = nonce
        self.isConnector = isConnector
    }

    /// What to send first.
    package var opening: [UInt8] { Self.magic + self.node.bytes + self.nonce }

    package mutating func received(_ bytes: Bytes) -> Outcome {
        self.held.append(contentsOf: bytes)
        var answer: [UInt8] = []
        if case .waitsForHello = self.state {
            guard self.held.starts(with: Self.magic.prefix(self.held.count)) else { return self.fail(.notAMember) }
            guard self.held.count >= Self.helloBytes else { return .goOn(send: []) }
            let other = NodeID(UInt16(self.held[4]) | UInt16(self.held[5]) << 8)
            guard other != self.node, self.members.contains(other) else { return self.fail(.unknownNode(other)) }
            let theirs = Array(self.held[6..<Self.helloBytes])
            // Whoever sends back what it got proves nothing.
            guard theirs != self.nonce else { return self.fail(.wrongProof) }
            self.held.removeFirst(Self.helloBytes)
            answer = self.proof(self.isConnector, self.node, other, self.nonce, theirs)
            let expected = self.proof(!self.isConnector, other, self.node, theirs, self.nonce)
            self.state = .waitsForProof(other, expected: expected)
        }
        guard case .waitsForProof(let other, let expected) = self.state else { return .failed(.ended) }
        guard self.held.count >= Self.proofBytes else { return .goOn(send: answer) }
        let isRight = zip(self.held, expected).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
        guard isRight else { return self.fail(.wrongProof) }
        let rest = Array(self.held[Self.proofBytes...])
        self.state = .ended
        self.held = []
        return .proved(other, send: answer, rest: rest)
    }

    private mutating func fail(_ failure: HandshakeFailure) -> Outcome {
        self.state = .ended
        self.held = []
        return .failed(failure)
    }

    private func proof(
        _ isConnector: Bool,
        _ from: NodeID,
        _ to: NodeID,
        _ nonce: [UInt8],
        _ other: [UInt8]
    ) -> [UInt8] {
        let text = Array("sluice-member-v1".utf8) + [isConnector ? 1 : 0] + from.bytes + to.bytes + nonce + other
        return Array(HMAC<SHA256>.authenticationCode(for: text, using: SymmetricKey(data: self.secret)))
    }
}

/// Why a connection is closed before its first message.
package enum HandshakeFailure: Error, Equatable, Sendable {
    /// It does not speak this protocol.
    case notAMember
    /// The replica set has no such node.
    case unknownNode(NodeID)
    /// The secrets differ.
    case wrongProof
    /// It is over already.
    case ended
}

extension NodeID {
    fileprivate var bytes: [UInt8] { [UInt8(truncatingIfNeeded: self.number), UInt8(self.number >> 8)] }
}
