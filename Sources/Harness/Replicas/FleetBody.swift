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
    /// One read of a slow replica, so that its rate is even.
    private static let slowReadSize = 64 * 1024
    /// Failures told by name; more of them say nothing new.
    static let failureLimit = 8

    /// An empty histogram of lags up to four thousand million mutations.
    static var emptyLag: Histogram<UInt64> {
        Histogram(highestTrackableValue: 1 << 32, numberOfSignificantValueDigits: .three)
    }

    let poller: Poller
    let endpoint: Endpoint
    let dialect: Dialect
    /// What a connection says before its handshake; empty for nothing.
    private let greeting: [UInt8]
    /// What ids begin with.
    private let name: String
    private let progress: LoadProgress
    var replicas: [UInt64: SyntheticReplica] = [:]
    var nextToken: UInt64 = 0
    private var buffer: UnsafeMutableRawBufferPointer
    /// Bytes read since the fleet began, those of departed replicas included.
    private(set) var receivedEver: UInt64 = 0
    var lag: Histogram<UInt64>?
    /// Where a replica that took a copy counts as current.
    var copyGoal: UInt64?
    /// Who loses its connection comes back.
    var comesBack = false
    /// Until it tries, in nanoseconds.
    private static let comebackDelay: UInt64 = 50_000_000
    /// No replica leaves or dawdles any more.
    var isHurried = false

    init(poller: Poller, endpoint: Endpoint, dialect: Dialect, greeting: [UInt8], name: String, progress: LoadProgress)
    {
        self.poller = poller
        self.endpoint = endpoint
        self.dialect = dialect
        self.greeting = greeting
        self.name = name
        self.progress = progress
        self.buffer = .allocate(byteCount: 2 * Self.readSize, alignment: 64)
    }

    deinit { self.buffer.deallocate() }

    // MARK: - Coming and going

    /// - Parameters:
    ///   - missing: mutations that they lack at `start`; their streams are then checked from where they begin.
    ///   - own: the load's connections that the ledger knows; nil for all.
    func attach(
        _ count: Int,
        at start: StartingPoint,
        _ behaviour: ReplicaBehaviour,
        behind ledger: Ledger,
        missing: UInt64 = 0,
        knowing own: Range<Int>? = nil
    ) {
        let now = Clocks.monotonicNanoseconds
        self.isHurried = false
        for _ in 0..<count {
            let token = self.nextToken
            self.nextToken += 1
            let replica = SyntheticReplica(
                id: ReplicaFleet.id(self.replicas.count, of: self.name),
                behaviour: behaviour,
                joinedAt: ledger.count - missing,
                start: start,
                verifier: missing == 0
                    ? StreamVerifier(behind: ledger, knowing: own) : StreamVerifier(connections: ledger.last.count),
                phase: .away(until: now)
            )
            self.replicas[token] = replica
            if case .late(let seconds) = behaviour {
                replica.phase = .away(until: now + UInt64(seconds * 1e9))
            } else {
                self.connect(replica, token)
            }
        }
    }

    /// Begins a replica's connection.
    func connect(_ replica: SyntheticReplica, _ token: UInt64) {
        do throws(SocketError) {
            let socket = try self.endpoint.connect()
            replica.connect(over: socket, self.dialect, greeting: self.greeting)
            try self.poller.add(socket, .writable, token: token)
        } catch {
            replica.phase = .failed("could not connect: \(error)")
        }
    }

    func detachAll() {
        for replica in self.replicas.values { replica.disconnect(byReset: true) }
        self.replicas.removeAll()
    }

    // MARK: - Events

    func ready(_ event: Poller.Event) {
        guard let replica = self.replicas[event.token], let socket = replica.socket else { return }
        switch replica.phase {
        case .away, .failed:
            return
        case .connecting(let handshake, let opening):
            let code = socket.pendingError
            guard code == 0 else { return self.lose(replica, "connecting failed: \(String(cString: strerror(code)))") }
            socket.setNoDelay()
            replica.phase = .handshaking(handshake)
            self.send(opening, replica)
            self.watch(replica, .readable, event.token)
        case .handshaking:
            self.read(replica, socket, atMost: Self.readSize)
            guard replica.reader != nil else { return }
            replica.onlineSince = Clocks.monotonicNanoseconds
            if replica.behaviour == .stalled { self.watch(replica, [], event.token) }
        case .copying, .streaming:
            if (replica.behaviour == .stalled && replica.reader != nil) || replica.isPaused {
                return event.isHangup ? self.fail(replica, "the primary closed a stalled replica's connection") : ()
            }
            guard replica.behaviour.readRate != nil else { return self.read(replica, socket, atMost: Self.readSize) }
            let before = replica.receivedBytes
            self.read(replica, socket, atMost: Self.slowReadSize)
            replica.pace.charge(Int(replica.receivedBytes - before))
            if !replica.pace.isOpen { self.pause(replica, event.token) }
        }
    }

    func watch(_ replica: SyntheticReplica, _ interest: Poller.Interest, _ token: UInt64) {
        guard let socket = replica.socket else { return }
        do throws(SocketError) {
            try self.poller.modify(socket, interest, token: token)
        } catch {
            self.fail(replica, "it cannot be watched: \(error)")
        }
    }

    private func read(_ replica: SyntheticReplica, _ socket: Socket, atMost size: Int) {
        let carried = replica.carry.count
        guard self.makeRoom(carried + size) else { return self.fail(replica, "a frame over the size limit") }
        self.buffer.copyBytes(from: replica.carry)
        let room = UnsafeMutableRawBufferPointer(rebasing: self.buffer[carried..<(carried + size)])
        switch socket.read(into: room) {
        case .wouldBlock:
            return
        case .ended:
            return self.lose(replica, "the primary closed the connection")
        case .failed(let code):
            return self.lose(replica, "connection lost: \(String(cString: strerror(code)))")
        case .moved(let count):
            replica.receivedBytes += UInt64(count)
            self.receivedEver += UInt64(count)
            do throws(StreamError) {
                let bytes = UnsafeRawBufferPointer(rebasing: self.buffer[..<(carried + count)])
                if let reply = try replica.receive(bytes) { self.send(reply, replica) }
                if replica.arrivals != nil, let number = replica.reader?.marker {
                    replica.arrivals?.show(number, at: Clocks.monotonicNanoseconds)
                }
                if replica.copy != nil { replica.noteCopy(Clocks.monotonicNanoseconds, goal: self.copyGoal) }
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
        guard let socket = replica.socket else { return }
        let result = bytes.withUnsafeBytes { socket.write($0) }
        if case .failed(let code) = result { self.lose(replica, "writing failed: \(String(cString: strerror(code)))") }
    }

    /// The connection is gone: the end of the replica, or the beginning of its way back.
    private func lose(_ replica: SyntheticReplica, _ reason: String) {
        guard self.comesBack else { return self.fail(replica, reason) }
        if let socket = replica.socket { self.poller.remove(socket) }
        replica.leave(until: Clocks.monotonicNanoseconds + Self.comebackDelay, byReset: true)
    }

    func fail(_ replica: SyntheticReplica, _ reason: String) {
        if let socket = replica.socket { self.poller.remove(socket) }
        replica.fail(reason)
    }

    func tick(now: UInt64) {
        let acknowledged = self.lag == nil ? 0 : self.progress.acknowledged.load(ordering: .relaxed)
        for (token, replica) in self.replicas where replica.behaviour != .stalled {
            if case .away(let end) = replica.phase {
                if now >= end { self.connect(replica, token) }
                continue
            }
            if case .copying = replica.phase { self.behave(replica, token, now) }
            guard replica.reader != nil else { continue }
            if self.lag != nil, !replica.isBystander {
                let held = replica.joinedAt + replica.delivered
                self.lag?.record(acknowledged > held ? acknowledged - held : 0)
            }
            // A Redis primary takes no notice of what it hears before its child has ended, so a copy is acknowledged until
            // the stream runs.
            let isUrgent = replica.copy.map { $0.current == nil } ?? false
            if isUrgent || now - replica.acknowledgedAt >= Self.acknowledgementInterval,
                let message = replica.acknowledgement
            {
                replica.acknowledgedAt = now
                self.send(message, replica)
            }
            self.behave(replica, token, now)
        }
    }

    // MARK: - Questions

    var counters: FleetCounters {
        var counters = FleetCounters()
        counters.processorNanoseconds = Clocks.threadProcessorNanoseconds
        for replica in self.replicas.values {
            counters.replicas += 1
            counters.receivedBytes += replica.receivedBytes
            counters.resumes += replica.resumes
            if replica.wasFull { counters.fullTransfers += 1 }
            if case .failed(let reason) = replica.phase {
                counters.failures.append("replica \(replica.id): \(reason)")
                continue
            }
            if case .away = replica.phase { counters.away += 1 }
            if replica.reader != nil { counters.online += 1 }
            counters.delivered += replica.delivered
            guard replica.behaviour != .stalled else { continue }
            counters.slowest = min(counters.slowest, replica.joinedAt + replica.delivered)
        }
        counters.failures = Array(counters.failures.prefix(Self.failureLimit))
        return counters
    }

    var unreadBytes: UInt64 { self.replicas.values.reduce(0) { $0 + UInt64($1.socket?.unreadBytes ?? 0) } }

    func verdict(since start: Ledger, until end: Ledger) -> [String] {
        var verdict: [String] = []
        for replica in self.replicas.values where replica.behaviour != .stalled {
            let verifier = replica.held
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
