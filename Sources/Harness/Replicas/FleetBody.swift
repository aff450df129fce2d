import Glibc
import Histogram
import Sockets
import Synchronization
import Workload

/// What the fleet's thread owns.
final class FleetBody: Reacting {
    /// One read; large, because a system call per frame would cost more than the primary's work for it.
    private static let readSize = 256 * 1024
    /// A frame larger than this is refused: Redis's own limit on a value, and room for its envelope.
    private static let frameLimit = (512 << 20) + 4096
    private static let acknowledgementInterval: UInt64 = 1_000_000_000
    /// A stalled replica's receive buffer, so that what it does not read stays with the primary.
    private static let stalledReceiveBuffer = 64 * 1024
    /// Failures told by name; more of them say nothing new.
    static let failureLimit = 8

    /// An empty histogram of lags up to four thousand million mutations.
    static var emptyLag: Histogram<UInt64> {
        Histogram(highestTrackableValue: 1 << 32, numberOfSignificantValueDigits: .three)
    }

    let poller: Poller
    let endpoint: Endpoint
    let dialect: Dialect
    private let progress: LoadProgress
    var replicas: [UInt64: SyntheticReplica] = [:]
    var nextToken: UInt64 = 0
    private var attachmentFailures: [String] = []
    private var buffer: UnsafeMutableRawBufferPointer
    /// Bytes read since the fleet began, those of departed replicas included.
    private(set) var receivedEver: UInt64 = 0
    var lag: Histogram<UInt64>?

    init(poller: Poller, endpoint: Endpoint, dialect: Dialect, progress: LoadProgress) {
        self.poller = poller
        self.endpoint = endpoint
        self.dialect = dialect
        self.progress = progress
        self.buffer = .allocate(byteCount: 2 * Self.readSize, alignment: 64)
    }

    deinit { self.buffer.deallocate() }

    // MARK: - Coming and going

    func attach(_ count: Int, at start: StartingPoint, _ behaviour: ReplicaBehaviour, behind ledger: Ledger) {
        for _ in 0..<count {
            let token = self.nextToken
            self.nextToken += 1
            do throws(SocketError) {
                let socket = try self.endpoint.connect()
                let id = "bench-\(token)"
                let (handshake, opening) = ReplicaHandshake.begin(self.dialect, id: id, at: start)
                if behaviour == .stalled { socket.setReceiveBuffer(bytes: Self.stalledReceiveBuffer) }
                self.replicas[token] = SyntheticReplica(
                    id: id,
                    socket: socket,
                    behaviour: behaviour,
                    joinedAt: ledger.count,
                    verifier: StreamVerifier(behind: ledger),
                    phase: .connecting(handshake, opening: opening)
                )
                try self.poller.add(socket, .writable, token: token)
            } catch {
                self.attachmentFailures.append("a replica could not connect: \(error)")
            }
        }
    }

    func detachAll() {
        for replica in self.replicas.values {
            replica.socket.resetOnClose()
            replica.socket.close()
        }
        self.replicas.removeAll()
        self.attachmentFailures.removeAll()
    }

    // MARK: - Events

    func ready(_ event: Poller.Event) {
        guard let replica = self.replicas[event.token] else { return }
        switch replica.phase {
        case .failed:
            return
        case .connecting(let handshake, let opening):
            let code = replica.socket.pendingError
            guard code == 0 else { return self.fail(replica, "connecting failed: \(String(cString: strerror(code)))") }
            replica.socket.setNoDelay()
            replica.phase = .handshaking(handshake)
            self.send(opening, replica)
            try? self.poller.modify(replica.socket, .readable, token: event.token)
        case .handshaking:
            self.read(replica)
            if replica.behaviour == .stalled, replica.reader != nil {
                try? self.poller.modify(replica.socket, [], token: event.token)
            }
        case .streaming:
            if replica.behaviour == .stalled || replica.isPaused {
                return event.isHangup ? self.fail(replica, "the primary closed a stalled replica's connection") : ()
            }
            self.read(replica)
        }
    }

    private func read(_ replica: SyntheticReplica) {
        let carried = replica.carry.count
        guard self.makeRoom(carried + Self.readSize) else { return self.fail(replica, "a frame over the size limit") }
        self.buffer.copyBytes(from: replica.carry)
        let room = UnsafeMutableRawBufferPointer(rebasing: self.buffer[carried..<(carried + Self.readSize)])
        switch replica.socket.read(into: room) {
        case .wouldBlock:
            return
        case .ended:
            return self.fail(replica, "the primary closed the connection")
        case .failed(let code):
            return self.fail(replica, "connection lost: \(String(cString: strerror(code)))")
        case .moved(let count):
            replica.receivedBytes += UInt64(count)
            self.receivedEver += UInt64(count)
            do throws(StreamError) {
                let bytes = UnsafeRawBufferPointer(rebasing: self.buffer[..<(carried + count)])
                if let reply = try replica.receive(bytes) { self.send(reply, replica) }
            } catch {
                self.fail(replica, error.description)
            }
        }
    }

    private func makeRoom(_ size: Int) -> Bool {
        guard size > self.buffer.count else { return true }
        guard size <= Self.frameLimit + Self.readSize else { return false }
        self.buffer.deallocate()
        self.buffer = .allocate(byteCount: max(size, 2 * self.buffer.count), alignment: 64)
        return true
    }

    /// Sends a short message. One that does not fit into the socket's buffer is dropped: handshakes always fit, and an
    /// acknowledgement is repeated within a second.
    private func send(_ bytes: [UInt8], _ replica: SyntheticReplica) {
        let result = bytes.withUnsafeBytes { replica.socket.write($0) }
        if case .failed(let code) = result { self.fail(replica, "writing failed: \(String(cString: strerror(code)))") }
    }

    func fail(_ replica: SyntheticReplica, _ reason: String) {
        self.poller.remove(replica.socket)
        replica.phase = .failed(reason)
    }

    func tick(now: UInt64) {
        let acknowledged = self.lag == nil ? 0 : self.progress.acknowledged.load(ordering: .relaxed)
        for replica in self.replicas.values {
            guard replica.behaviour == .fast, replica.reader != nil else { continue }
            if self.lag != nil {
                let held = replica.joinedAt + replica.delivered
                self.lag?.record(acknowledged > held ? acknowledged - held : 0)
            }
            if now - replica.acknowledgedAt >= Self.acknowledgementInterval, let message = replica.acknowledgement {
                replica.acknowledgedAt = now
                self.send(message, replica)
            }
        }
    }

    // MARK: - Questions

    var counters: FleetCounters {
        var counters = FleetCounters()
        counters.failures = self.attachmentFailures
        for replica in self.replicas.values {
            counters.replicas += 1
            counters.receivedBytes += replica.receivedBytes
            if replica.wasFull { counters.fullTransfers += 1 }
            switch replica.phase {
            case .failed(let reason): counters.failures.append("replica \(replica.id): \(reason)")
            case .connecting, .handshaking: counters.slowest = 0
            case .streaming(let reader):
                counters.online += 1
                counters.delivered += reader.verifier.count
                counters.slowest = min(counters.slowest, replica.joinedAt + reader.verifier.count)
            }
        }
        counters.failures = Array(counters.failures.prefix(Self.failureLimit))
        return counters
    }

    var unreadBytes: UInt64 { self.replicas.values.reduce(0) { $0 + UInt64($1.socket.unreadBytes) } }

    func verdict(since start: Ledger, until end: Ledger) -> [String] {
        var verdict: [String] = []
        for replica in self.replicas.values where replica.behaviour == .fast {
            guard let verifier = replica.reader?.verifier else { continue }
            if verifier.count != end.count - start.count {
                verdict.append(
                    "replica \(replica.id) received \(verifier.count) of \(end.count - start.count) mutations"
                )
            } else if verifier.digest != end.digest &- start.digest {
                verdict.append("replica \(replica.id) received mutations that differ from those sent")
            }
        }
        return Array(verdict.prefix(Self.failureLimit))
    }
}
