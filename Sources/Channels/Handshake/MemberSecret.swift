internal import Crypto

/// What members know and strangers do not, and how each side of a connection proves that it does.
///
/// A proof is an HMAC-SHA-256 under the secret over a word for the side, and both hellos as they were sent: the one of who dials,
/// then the other. With 32 new random bytes in each hello a proof cannot be played back, nor turned around.
package struct MemberSecret: Sendable {
    package enum Side: String, Sendable {
        case dialer
        case acceptor
    }

    package static let nonceBytes = 32
    package static let proofBytes = 32

    /// Random bytes for a hello.
    /// - Parameter generator: one that nobody can foresee.
    package static func nonce(using generator: inout some RandomNumberGenerator) -> [UInt8] {
        (0..<Self.nonceBytes).map { _ in .random(in: .min ... .max, using: &generator) }
    }

    private let key: SymmetricKey

    package init(_ bytes: [UInt8]) { self.key = SymmetricKey(data: bytes) }

    package func proof(of side: Side, dialer: [UInt8], acceptor: [UInt8]) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: Array(side.rawValue.utf8) + dialer + acceptor, using: self.key))
    }

    /// Takes the same time whatever is wrong.
    package func accepts(_ proof: some Collection<UInt8>, of side: Side, dialer: [UInt8], acceptor: [UInt8]) -> Bool {
        HMAC<SHA256>.isValidAuthenticationCode(
            Array(proof),
            authenticating: Array(side.rawValue.utf8) + dialer + acceptor,
            using: self.key
        )
    }
}
