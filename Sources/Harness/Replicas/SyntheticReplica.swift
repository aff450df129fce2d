// One replica that exists only as a socket and a verifier: it speaks the protocol, checks what it gets, and behaves well
// or badly as asked.

import Sockets
import Workload

/// How a synthetic replica behaves once it follows the stream.
package enum ReplicaBehaviour: String, Sendable {
    /// Reads at once, acknowledges every second and when asked.
    case fast
    /// Reads nothing after its handshake.
    case stalled
}

/// A replica of a fleet; touched by the fleet's thread alone.
final class SyntheticReplica {
    enum Phase {
        /// Waits for the connection; these bytes go first.
        case connecting(ReplicaHandshake, opening: [UInt8])
        case handshaking(ReplicaHandshake)
        case streaming(StreamReader)
        case failed(String)
    }

    let id: String
    let socket: Socket
    let behaviour: ReplicaBehaviour
    /// Mutations that the load had sent when this replica joined.
    let joinedAt: UInt64
    /// The state of the verifier at the start; taken when the stream begins.
    let verifier: StreamVerifier
    var phase: Phase
    /// A frame's beginning whose rest has not come yet.
    var carry: [UInt8] = []
    var receivedBytes: UInt64 = 0
    var wasFull = false
    var acknowledgedAt: UInt64 = 0
    /// Does not read for the moment.
    var isPaused = false

    init(
        id: String,
        socket: Socket,
        behaviour: ReplicaBehaviour,
        joinedAt: UInt64,
        verifier: StreamVerifier,
        phase: Phase
    ) {
        self.id = id
        self.socket = socket
        self.behaviour = behaviour
        self.joinedAt = joinedAt
        self.verifier = verifier
        self.phase = phase
    }

    var reader: StreamReader? {
        if case .streaming(let reader) = self.phase { reader } else { nil }
    }

    /// Mutations that have arrived since it joined.
    var delivered: UInt64 { self.reader?.verifier.count ?? 0 }

    /// Takes the bytes of one read; `bytes` begins with what was carried over.
    /// - Returns: bytes to send, if any.
    func receive(_ bytes: UnsafeRawBufferPointer) throws(StreamError) -> [UInt8]? {
        switch self.phase {
        case .connecting, .failed:
            return nil
        case .handshaking(let handshake):
            return try self.receive(bytes, handshake)
        case .streaming(var reader):
            // Moved out and back, so that the verifier's array stays uniquely owned and is changed in place.
            self.phase = .failed("")
            defer { self.phase = .streaming(reader) }
            let taken = try reader.consume(bytes)
            self.keep(bytes[taken...])
            guard reader.acknowledgementAsked else { return nil }
            reader.acknowledgementAsked = false
            return Self.acknowledgement(of: reader)
        }
    }

    private func receive(_ bytes: UnsafeRawBufferPointer, _ machine: ReplicaHandshake) throws(StreamError) -> [UInt8]? {
        var handshake = machine
        var input = Array(bytes)[...]
        let action = try handshake.receive(&input)
        self.wasFull = handshake.wasFull
        self.phase = .handshaking(handshake)
        self.carry = Array(input)
        switch action {
        case .wait: return nil
        case .send(let reply): return reply
        case .stream(let position):
            self.phase = .streaming(
                StreamReader(dialect: handshake.dialect, position: position, verifier: self.verifier)
            )
            // A Redis primary streams to a newcomer only once the newcomer has acknowledged its transfer.
            return try self.receiveBehindHandshake() ?? self.acknowledgement
        }
    }

    /// Frames that came in the same read as the handshake's end.
    private func receiveBehindHandshake() throws(StreamError) -> [UInt8]? {
        guard !self.carry.isEmpty else { return nil }
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: self.carry.count, alignment: 1)
        defer { bytes.deallocate() }
        bytes.copyBytes(from: self.carry)
        return try self.receive(UnsafeRawBufferPointer(bytes))
    }

    private func keep(_ rest: Slice<UnsafeRawBufferPointer>) {
        self.carry.removeAll(keepingCapacity: true)
        if !rest.isEmpty { self.carry.append(contentsOf: UnsafeRawBufferPointer(rebasing: rest)) }
    }

    /// The acknowledgement of what has arrived; nil before the stream.
    var acknowledgement: [UInt8]? { self.reader.map(Self.acknowledgement) }

    private static func acknowledgement(of reader: StreamReader) -> [UInt8] {
        CommandEncoder.bytes(["REPLCONF", "ACK", String(reader.position)])
    }
}
