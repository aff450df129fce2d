// One replica that the calling thread plays: it comes, follows the stream as far as it was told, and leaves by reset. Every
// step is timed.

import Sockets
import Workload

/// What became of a replica's visit.
enum VisitEnd: Equatable {
    /// It got as far as it wanted.
    case reached
    /// The primary began a full copy.
    case full
    /// The primary said no.
    case refused(String)
    /// What came was no stream, or not the one that is due.
    case broken(StreamError)
}

struct Visit {
    var end: VisitEnd
    /// The reader where it stopped; nil when no stream began.
    var reader: StreamReader?
    /// Nanoseconds since the beginning until the connection stood.
    var connected: UInt64 = 0
    /// The same until the primary's answer was whole.
    var answered: UInt64?
    /// The same until the first whole frame was there.
    var firstFrame: UInt64?
    /// The same until it was where it wanted to be.
    var finished: UInt64 = 0
}

/// Where a visitor stops.
enum VisitGoal: Equatable {
    case firstFrame
    case position(UInt64)
}

final class SoloReplica {
    private static let readSize = 256 * 1024

    private let endpoint: Endpoint
    private let dialect: Dialect
    private let greeting: [UInt8]
    private var buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 2 * SoloReplica.readSize, alignment: 64)

    /// - Parameter greeting: what a connection says before its handshake.
    init(_ endpoint: Endpoint, _ dialect: Dialect, greeting: [UInt8] = []) {
        self.endpoint = endpoint
        self.dialect = dialect
        self.greeting = greeting
    }

    convenience init(_ target: Target) throws(HarnessError) {
        let endpoint = try target.endpoint(port: target.replicationPort)
        self.init(endpoint, target.dialect, greeting: target.access.greeting)
    }

    deinit { self.buffer.deallocate() }

    /// - Throws: when the primary cannot be reached, closes the connection, or is silent for ten seconds.
    func visit(
        as id: String,
        from start: StartingPoint,
        _ verifier: StreamVerifier,
        until goal: VisitGoal
    ) throws(HarnessError) -> Visit {
        let began = Clocks.monotonicNanoseconds
        let connection = try WaitingSocket(self.endpoint)
        connection.socket.resetOnClose()
        var visit = Visit(end: .reached)
        visit.connected = Clocks.monotonicNanoseconds - began
        let replica = SyntheticReplica(
            id: id,
            behaviour: .silent,
            joinedAt: 0,
            start: start,
            verifier: verifier,
            phase: .away(until: 0)
        )
        let (handshake, opening) = ReplicaHandshake.begin(self.dialect, id: id, at: start, greeting: self.greeting)
        replica.phase = .handshaking(handshake)
        try connection.send(opening)
        while true {
            if let end = try self.step(replica, connection, goal, began, &visit) {
                visit.end = end
                visit.finished = Clocks.monotonicNanoseconds - began
                visit.reader = replica.reader
                return visit
            }
        }
    }

    /// One read and what follows from it; nil to go on.
    private func step(
        _ replica: SyntheticReplica,
        _ connection: WaitingSocket,
        _ goal: VisitGoal,
        _ began: UInt64,
        _ visit: inout Visit
    ) throws(HarnessError) -> VisitEnd? {
        if let reader = replica.reader, Self.isReached(goal, reader, visit) { return .reached }
        let carried = replica.carry.count
        self.makeRoom(carried + Self.readSize)
        self.buffer.copyBytes(from: replica.carry)
        let room = UnsafeMutableRawBufferPointer(rebasing: self.buffer[carried..<(carried + Self.readSize)])
        let count = try connection.read(into: room)
        let elapsed = Clocks.monotonicNanoseconds - began
        guard count > 0 else { throw HarnessError(.targetFailed, "the primary closed the connection") }
        do throws(StreamError) {
            let bytes = UnsafeRawBufferPointer(rebasing: self.buffer[..<(carried + count)])
            if let reply = try replica.receive(bytes) { try? connection.send(reply) }
        } catch {
            if case .refused(let reason) = error { return .refused(reason) }
            return .broken(error)
        }
        if replica.wasFull { return .full }
        guard let reader = replica.reader else { return nil }
        if visit.answered == nil { visit.answered = elapsed }
        if visit.firstFrame == nil, reader.verifier.count + reader.otherCommands > 0 { visit.firstFrame = elapsed }
        return nil
    }

    private static func isReached(_ goal: VisitGoal, _ reader: StreamReader, _ visit: Visit) -> Bool {
        switch goal {
        case .firstFrame: visit.firstFrame != nil
        case .position(let position): reader.position >= position
        }
    }

    private func makeRoom(_ size: Int) {
        guard size > self.buffer.count else { return }
        self.buffer.deallocate()
        self.buffer = .allocate(byteCount: max(size, 2 * self.buffer.count), alignment: 64)
    }
}
