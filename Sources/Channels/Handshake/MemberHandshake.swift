// How two members of a channel prove to each other that they belong together before the first message, where that is all that
// they have to say (members of a group of servers tell more: `GroupHello`):
//
//     each:   "SLC1", own node id (u16), 32 random bytes
//     each:   its proof (`MemberSecret`)
//
// What follows is not encrypted and not signed: where the network is not trusted, the connection needs TLS beneath.

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
    private static let magic = Array("SLC1".utf8)
    private static let helloBytes = 4 + 2 + MemberSecret.nonceBytes

    private enum State: Sendable {
        case waitsForHello
        case waitsForProof(NodeID, hello: [UInt8])
        case ended
    }

    private let secret: MemberSecret
    private let node: NodeID
    private let members: [NodeID]
    private let side: MemberSecret.Side
    /// What to send first.
    package let opening: [UInt8]
    private var state = State.waitsForHello
    private var held: [UInt8] = []

    /// - Parameters:
    ///   - nonce: `MemberSecret.nonceBytes` that were never used before.
    ///   - side: whether this node made the connection.
    package init(secret: [UInt8], node: NodeID, members: [NodeID], nonce: [UInt8], side: MemberSecret.Side) {
        precondition(nonce.count == MemberSecret.nonceBytes, "a nonce has \(MemberSecret.nonceBytes) bytes")
        self.secret = MemberSecret(secret)
        self.node = node
        self.members = members
        self.side = side
        self.opening = Self.magic + [UInt8(truncatingIfNeeded: node.number), UInt8(node.number >> 8)] + nonce
    }

    package mutating func received(_ bytes: Bytes) -> Outcome {
        self.held.append(contentsOf: bytes)
        var answer: [UInt8] = []
        if case .waitsForHello = self.state {
            guard self.held.starts(with: Self.magic.prefix(self.held.count)) else { return self.fail(.notAMember) }
            guard self.held.count >= Self.helloBytes else { return .goOn(send: []) }
            let other = NodeID(UInt16(self.held[4]) | UInt16(self.held[5]) << 8)
            guard other != self.node, self.members.contains(other) else { return self.fail(.unknownNode(other)) }
            let hello = Array(self.held.prefix(Self.helloBytes))
            // Whoever sends back what it got proves nothing.
            let nonce = hello.suffix(MemberSecret.nonceBytes)
            guard nonce != self.opening.suffix(MemberSecret.nonceBytes) else { return self.fail(.wrongProof) }
            self.held.removeFirst(Self.helloBytes)
            answer = self.proof(hello)
            self.state = .waitsForProof(other, hello: hello)
        }
        guard case .waitsForProof(let other, let hello) = self.state else { return .failed(.ended) }
        guard self.held.count >= MemberSecret.proofBytes else { return .goOn(send: answer) }
        guard self.accepts(self.held.prefix(MemberSecret.proofBytes), hello) else { return self.fail(.wrongProof) }
        let rest = Array(self.held[MemberSecret.proofBytes...])
        self.state = .ended
        self.held = []
        return .proved(other, send: answer, rest: rest)
    }

    private func proof(_ hello: [UInt8]) -> [UInt8] {
        switch self.side {
        case .dialer: self.secret.proof(of: .dialer, dialer: self.opening, acceptor: hello)
        case .acceptor: self.secret.proof(of: .acceptor, dialer: hello, acceptor: self.opening)
        }
    }

    /// Whether the other side has proved itself.
    private func accepts(_ proof: some Collection<UInt8>, _ hello: [UInt8]) -> Bool {
        switch self.side {
        case .dialer: self.secret.accepts(proof, of: .acceptor, dialer: self.opening, acceptor: hello)
        case .acceptor: self.secret.accepts(proof, of: .dialer, dialer: hello, acceptor: self.opening)
        }
    }

    private mutating func fail(_ failure: HandshakeFailure) -> Outcome {
        self.state = .ended
        self.held = []
        return .failed(failure)
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
