package import Primitives

/// Why a replica ends its connection to the primary.
package enum FollowerError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The answer to the handshake is none, or is not to what was asked.
    case malformedAnswer
    case malformedEnvelope
    case malformedOffset
    case negativeOffset
    /// Mutations are missing before the one that came.
    case gap(expected: LSN, received: LSN)
    /// The mutation that came has come before.
    case stepBack(expected: LSN, received: LSN)
    case malformedMutation
    case malformedSnapshot
    /// A line, a chunk or a frame is longer than any may be.
    case oversize

    package var description: String {
        switch self {
        case .malformedAnswer: "the answer to the handshake makes no sense"
        case .malformedEnvelope: "what came is not a frame"
        case .malformedOffset: "the offset of a frame is not a number"
        case .negativeOffset: "the offset of a frame is negative"
        case .gap(let expected, let received): "mutation \(received) came where \(expected) was next: some are missing"
        case .stepBack(let expected, let received): "mutation \(received) came again where \(expected) was next"
        case .malformedMutation: "the mutation of a frame is not an array of bulk strings"
        case .malformedSnapshot: "the snapshot's envelope makes no sense"
        case .oversize: "what came is longer than any frame may be"
        }
    }

    /// The field of `INFO` that counts it.
    package var kind: Kind {
        switch self {
        case .gap, .stepBack: .gap
        case .malformedAnswer, .malformedEnvelope, .malformedOffset, .negativeOffset, .malformedMutation,
            .malformedSnapshot, .oversize:
            .decoding
        }
    }

    package enum Kind: Sendable {
        case gap
        case decoding
    }
}
