// One replica that exists only as a socket and a verifier: it speaks the protocol, checks what it gets, and behaves well
// or badly as asked.

import Sockets
import Workload

/// A replica of a fleet; touched by the fleet's thread alone.
final class SyntheticReplica {
    /// The receive buffer of one that leaves bytes with the primary.
    private static let smallReceiveBuffer = 64 * 1024

    enum Phase {
        /// Not connected until then, in monotonic nanoseconds: late, or between two visits.
        case away(until: UInt64)
        /// Waits for the connection; these bytes go first.
        case connecting(ReplicaHandshake, opening: [UInt8])
        case handshaking(ReplicaHandshake)
        /// Takes a full copy and throws it away.
        case copying(CopyReader)
        case streaming(StreamReader)
        case failed(String)
    }

    let id: String
    /// Nil while it is away.
    private(set) var socket: Socket?
    private var dialect = Dialect.replicate
    let behaviour: ReplicaBehaviour
    /// Mutations that the load had sent when this replica joined.
    let joinedAt: UInt64
    /// Where the next handshake asks to begin.
    private(set) var start: StartingPoint
    /// The state of the verifier there; taken when the stream begins.
    private var verifier: StreamVerifier
    var phase: Phase
    private var visits: UInt64 = 0
    /// A frame's beginning whose rest has not come yet.
    var carry: [UInt8] = []
    var receivedBytes: UInt64 = 0
    var wasFull = false
    /// It is there while others are measured.
    var isBystander = false
    /// When markers came, for one that notes them.
    var arrivals: MarkerArrivals?
    /// The steps of a copy, for one that was attached to be timed.
    var copy: CopyTimes?
    var acknowledgedAt: UInt64 = 0
    /// Does not read for the moment.
    var isPaused = false
    /// Bounds what a slow one reads.
    var pace: Pace
    /// When the stream began, in monotonic nanoseconds.
    var onlineSince: UInt64 = 0
    /// How often it came back after it had left.
    private(set) var resumes: UInt64 = 0

    init(
        id: String,
        behaviour: ReplicaBehaviour,
        joinedAt: UInt64,
        start: StartingPoint,
        verifier: StreamVerifier,
        phase: Phase
    ) {
        self.id = id
        self.behaviour = behaviour
        self.joinedAt = joinedAt
        self.start = start
        self.verifier = verifier
        self.phase = phase
        self.pace = Pace(bytesPerSecond: behaviour.readRate)
    }

    deinit { self.socket?.close() }

    var reader: StreamReader? {
        if case .streaming(let reader) = self.phase { reader } else { nil }
    }

    /// What it holds, whether it is connected or not.
    var held: StreamVerifier { self.reader?.verifier ?? self.verifier }

    /// Mutations that have arrived since it joined.
    var delivered: UInt64 { self.held.count }

    // MARK: - Coming and going

    /// A connection has been begun for it.
    func connect(over socket: Socket, _ dialect: Dialect, greeting: [UInt8]) {
        let (handshake, opening) = ReplicaHandshake.begin(dialect, id: self.id, at: self.start, greeting: greeting)
        if self.behaviour.needsSmallBuffer { socket.setReceiveBuffer(bytes: Self.smallReceiveBuffer) }
        if case .away = self.phase, self.visits > 0 { self.resumes += 1 }
        self.visits += 1
        self.dialect = dialect
        self.socket = socket
        self.phase = .connecting(handshake, opening: opening)
    }

    /// Closes the connection and remembers what is held.
    func leave(until end: UInt64, byReset: Bool) {
        self.remember()
        self.disconnect(byReset: byReset)
        self.phase = .away(until: end)
    }

    /// The stream is over; what is held stays, and a frame that was cut is asked for again.
    func fail(_ reason: String) {
        self.remember()
        self.phase = .failed(reason)
    }

    private func remember() {
        guard let reader = self.reader else { return }
        self.verifier = reader.verifier
        if case .position(_, let history) = self.start {
            self.start = .position(reader.position, history: history)
        }
        self.carry.removeAll(keepingCapacity: true)
    }

    func disconnect(byReset: Bool) {
        if byReset { self.socket?.resetOnClose() }
        self.socket?.close()
        self.socket = nil
    }

    /// Takes the bytes of one read; `bytes` begins with what was carried over.
    /// - Returns: bytes to send, if any.
    func receive(_ bytes: UnsafeRawBufferPointer) throws(StreamError) -> [UInt8]? {
        switch self.phase {
        case .away, .connecting, .failed:
            return nil
        case .handshaking(let handshake):
            return try self.receive(bytes, handshake)
        case .copying(let reader):
            return try self.receive(bytes, reader)
        case .streaming(var reader):
            // Moved out and back, so that the verifier's array stays uniquely owned and is changed in place.
            self.phase = .failed("")
            defer { self.phase = .streaming(reader) }
            let taken = try reader.consume(bytes)
            self.keep(bytes[taken...])
            guard !reader.isCopyDue else { break }
            guard reader.acknowledgementAsked else { return nil }
            reader.acknowledgementAsked = false
            return self.behaviour.acknowledges ? Self.acknowledgement(of: reader) : nil
        }
        // A Sluice primary announces a copy on the stream.
        self.beginCopy(.chunked)
        return try self.receiveRest()
    }

    private func receive(_ bytes: UnsafeRawBufferPointer, _ machine: ReplicaHandshake) throws(StreamError) -> [UInt8]? {
        var handshake = machine
        var input = Array(bytes)[...]
        let action = try handshake.receive(&input)
        self.wasFull = self.wasFull || handshake.isFull
        self.phase = .handshaking(handshake)
        self.carry = Array(input)
        switch action {
        case .wait: return nil
        case .send(let reply): return reply
        case .stream(let position):
            self.phase = .streaming(
                StreamReader(dialect: handshake.dialect, position: position, verifier: self.verifier)
            )
            return try self.receiveRest() ?? self.acknowledgement
        case .copy(let framing):
            self.beginCopy(framing)
            return try self.receiveRest()
        }
    }

    private func beginCopy(_ framing: CopyFraming) {
        self.wasFull = true
        if case .sized = framing { self.copy?.isFromFile = true }
        self.phase = .copying(CopyReader(framing, checksum: self.copy?.checksum ?? false))
    }

    private func receive(_ bytes: UnsafeRawBufferPointer, _ machine: CopyReader) throws(StreamError) -> [UInt8]? {
        var reader = machine
        self.phase = .failed("")
        let taken = try reader.consume(bytes)
        self.keep(bytes[taken...])
        self.copy?.bytes = reader.bytes
        self.copy?.chunks = reader.chunks
        guard let position = reader.position else {
            self.phase = .copying(reader)
            return nil
        }
        self.phase = .streaming(
            StreamReader(dialect: self.dialect, position: position, verifier: self.verifierBehindCopy)
        )
        // A Redis primary streams to a newcomer only once the newcomer has acknowledged its transfer.
        return try self.receiveRest() ?? self.acknowledgement
    }

    /// What is known of one who held something and is copied to is void; it goes on as one who joins in the middle.
    private var verifierBehindCopy: StreamVerifier {
        self.start == .nothing ? self.verifier : StreamVerifier(connections: self.verifier.last.count)
    }

    /// What came in the same read as the end of a phase.
    private func receiveRest() throws(StreamError) -> [UInt8]? {
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

    /// The acknowledgement of what has arrived; nil before the stream, and from one that gives none.
    var acknowledgement: [UInt8]? { self.behaviour.acknowledges ? self.reader.map(Self.acknowledgement) : nil }

    private static func acknowledgement(of reader: StreamReader) -> [UInt8] {
        CommandEncoder.bytes(["REPLCONF", "ACK", String(reader.position)])
    }
}
