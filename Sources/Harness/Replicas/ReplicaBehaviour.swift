/// How a synthetic replica behaves. All but a stalled one end up with everything that the load has sent, and are checked
/// for it alike.
package enum ReplicaBehaviour: Sendable, Equatable {
    /// Reads at once, acknowledges every second and when asked.
    case fast
    /// Reads no more than so much, until it is told to hurry.
    case slow(bytesPerSecond: Int)
    /// Reads nothing after its handshake.
    case stalled
    /// Leaves after so long on the stream, by reset and in order in turns, and comes back where it was.
    case flapping(staySeconds: Double, awaySeconds: Double)
    /// Holds what was there when it was attached, and connects only so much later.
    case late(joinSeconds: Double)
    /// Reads as a fast one and never acknowledges.
    case silent

    var acknowledges: Bool {
        switch self {
        // A stalled one does so once, at the end of its handshake.
        case .fast, .slow, .flapping, .late, .stalled: true
        case .silent: false
        }
    }

    /// Whether what it does not read should stay with the primary instead of in the kernel's receive buffer.
    var needsSmallBuffer: Bool {
        switch self {
        case .stalled, .slow: true
        case .fast, .flapping, .late, .silent: false
        }
    }

    /// Bytes per second that it reads; nil for as fast as they come.
    var readRate: Int? {
        if case .slow(let rate) = self { rate } else { nil }
    }
}
