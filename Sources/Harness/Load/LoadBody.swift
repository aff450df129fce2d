import Glibc
import Histogram
import Primitives
import Sockets
import Synchronization
import Workload

/// What the load's thread owns.
final class LoadBody: Reacting {
    /// Answers are five bytes each; a thousand in one read are plenty.
    private static let readSize = 16 * 1024
    private static let failureLimit = 8

    let poller: Poller
    private let endpoint: Endpoint
    private let access: Access
    private let progress: LoadProgress
    var generator: SeededGenerator
    private(set) var connections: [LoadConnection] = []
    private(set) var shape = LoadShape()
    private(set) var isRunning = false
    private var remaining = UInt64.max
    /// Batches whose answers are due.
    var outstanding = 0
    /// The open loop, while one runs.
    var open: OpenLoop?
    private var pace = Pace(bytesPerSecond: nil)
    /// Connections that wait for the pace to let them send.
    private var parked: [LoadConnection] = []
    private var failures: [String] = []
    /// What values that are made anew are cut from; shared by all batches.
    private var filler: Filler?
    var ledger: Ledger
    /// The number of the first connection; those before it are other generators'.
    private let first: Int
    /// The last sequence numbers before this load.
    private let before: [UInt64]
    private var acknowledged: UInt64 = 0
    private var latency: Histogram<UInt64>?
    private let buffer: UnsafeMutableRawBufferPointer

    /// Latencies in nanoseconds, up to a minute.
    static var emptyLatency: Histogram<UInt64> {
        Histogram(highestTrackableValue: 60_000_000_000, numberOfSignificantValueDigits: .three)
    }

    init(
        poller: Poller,
        endpoint: Endpoint,
        access: Access,
        progress: LoadProgress,
        ledger: Ledger,
        first: Int = 0,
        seed: UInt64
    ) {
        self.poller = poller
        self.endpoint = endpoint
        self.access = access
        self.progress = progress
        self.generator = SeededGenerator(seed: seed)
        self.ledger = ledger
        self.first = first
        self.before = ledger.last
        self.buffer = .allocate(byteCount: Self.readSize, alignment: 64)
    }

    deinit {
        self.open?.ticker.close()
        for connection in self.connections { connection.socket.close() }
        self.buffer.deallocate()
    }

    // MARK: - Control

    /// Starts a load of this shape; stops by itself after `limit` mutations, rounded up to whole batches.
    func begin(_ shape: LoadShape, limit: UInt64?) {
        precondition(self.outstanding == 0, "a load was begun while answers to the last one were due")
        self.shape = shape
        self.remaining = limit ?? .max
        self.isRunning = true
        self.pace = Pace(bytesPerSecond: shape.bytesPerSecond)
        self.parked.removeAll()
        while self.connections.count < min(shape.connections, self.ledger.last.count - self.first), self.isRunning {
            self.connect()
        }
        if let rate = shape.rate { return self.beginOpenLoop(rate: rate) }
        for connection in self.connections.prefix(shape.connections) {
            connection.batch = self.freshBatch(depth: shape.pipeline)
            self.next(connection)
        }
    }

    /// Sends no further batches; those on their way are still answered.
    func end() {
        self.isRunning = false
        self.endOpenLoop()
    }

    /// Begins to record latencies afresh, or ends it.
    func record(_ isRecording: Bool) -> Histogram<UInt64>? {
        defer { self.latency = isRecording ? Self.emptyLatency : nil }
        return self.latency
    }

    var state: LoadState {
        LoadState(
            acknowledged: self.acknowledged,
            isIdle: self.outstanding == 0,
            ledger: self.ledger,
            failures: self.failures,
            processorNanoseconds: Clocks.threadProcessorNanoseconds
        )
    }

    /// The last sequence number of each connection that the primary has acknowledged.
    var acknowledgedThrough: [UInt64] {
        var last = self.before
        for connection in self.connections {
            if let through = connection.acknowledgedThrough { last[Int(connection.number)] = through }
        }
        return last
    }

    /// Closes every connection; the next load opens them anew, and their sequence numbers go on.
    func disconnect() {
        precondition(self.outstanding == 0, "connections were closed while answers were due")
        self.isRunning = false
        for connection in self.connections {
            connection.socket.resetOnClose()
            connection.socket.close()
        }
        self.connections.removeAll()
    }

    func freshBatch(depth: Int) -> LoadBatch {
        guard self.shape.mix.isPlain, let valueSize = self.shape.sizes.fixedSize else {
            let filler = self.filler ?? Filler(using: &self.generator)
            self.filler = filler
            let batch = MixedBatch(
                self.shape.mix,
                sizes: self.shape.sizes,
                compressibility: self.shape.compressibility,
                filler: filler
            )
            return LoadBatch(batch, depth: depth)
        }
        return LoadBatch(
            SetBatch(
                depth: depth,
                valueSize: valueSize,
                compressibility: self.shape.compressibility,
                using: &self.generator
            )
        )
    }

    private func connect() {
        do {
            let socket = try self.access.open(self.endpoint)
            socket.setNoDelay()
            let place = self.connections.count
            let number = UInt32(self.first + place)
            let batch = self.freshBatch(depth: max(1, self.shape.pipeline))
            self.connections.append(LoadConnection(number: number, socket: socket, batch: batch))
            try self.poller.add(socket, .readable, token: UInt64(place))
        } catch {
            self.fail("a load connection could not be opened: \(error)")
        }
    }

    func fail(_ reason: String) {
        if self.failures.count < Self.failureLimit { self.failures.append(reason) }
        self.isRunning = false
    }

    // MARK: - The loop

    private func next(_ connection: LoadConnection) {
        guard self.isRunning, self.remaining > 0 else { return }
        guard self.pace.isOpen else { return self.parked.append(connection) }
        self.remaining -= min(self.remaining, UInt64(self.shape.pipeline))
        connection.batch.advance(
            connection.batch.depth,
            connection: connection.number,
            keys: self.shape.keys,
            ledger: &self.ledger,
            using: &self.generator
        )
        self.pace.charge(connection.batch.byteCount)
        let last = self.ledger.last[Int(connection.number)]
        connection.began(at: Clocks.monotonicNanoseconds, through: last)
        self.outstanding += 1
        self.send(connection)
    }

    private func send(_ connection: LoadConnection) {
        switch connection.send() {
        case true?: return
        case false?: self.watch(connection, [.readable, .writable])
        case nil: self.drop(connection, "a load connection broke while sending")
        }
    }

    func watch(_ connection: LoadConnection, _ interest: Poller.Interest) {
        do throws(SocketError) {
            let place = UInt64(connection.number) - UInt64(self.first)
            try self.poller.modify(connection.socket, interest, token: place)
        } catch {
            self.drop(connection, "a load connection cannot be watched: \(error)")
        }
    }

    func ready(_ event: Poller.Event) {
        guard event.token < UInt64(self.connections.count) else { return self.scheduleTicked() }
        let connection = self.connections[Int(event.token)]
        if !connection.groups.isEmpty { return self.readyInOpenLoop(connection, event) }
        if event.isWritable, connection.written < connection.batch.bytes.count {
            self.send(connection)
            if connection.written == connection.batch.bytes.count { self.watch(connection, .readable) }
        }
        guard event.isReadable || event.isHangup, let answers = self.answers(connection) else { return }
        self.acknowledge(answers)
        switch connection.receive(answers) {
        case .incomplete: return
        case .complete: self.answered(connection)
        case .excess: self.drop(connection, Self.excess)
        }
    }

    static let excess = "more answers than commands"

    /// The answers that have come over a connection; nil when none have, or when it is lost.
    func answers(_ connection: LoadConnection) -> Answers? {
        guard let bytes = self.read(connection) else { return nil }
        if let answers = connection.answers(bytes) { return answers }
        let text = String(decoding: bytes.prefix(128), as: UTF8.self)
        self.drop(connection, "the primary answered a write with \(text)")
        return nil
    }

    /// What has come over a connection; nil when nothing has, or when it is lost.
    private func read(_ connection: LoadConnection) -> UnsafeRawBufferPointer? {
        switch connection.socket.read(into: self.buffer) {
        case .wouldBlock: break
        case .ended: self.drop(connection, "the primary closed a load connection")
        case .failed(let code): self.drop(connection, "a load connection was lost: \(String(cString: strerror(code)))")
        case .moved(let count): return UnsafeRawBufferPointer(rebasing: self.buffer[..<count])
        }
        return nil
    }

    /// Enters answers. A DEL is a mutation once it is known to have found something.
    func acknowledge(_ answers: Answers) {
        self.ledger.enter(answers.digest, count: answers.deleted)
        self.acknowledged += UInt64(answers.commands - answers.idle)
        self.progress.acknowledged.store(self.acknowledged, ordering: .relaxed)
    }

    private func answered(_ connection: LoadConnection) {
        self.latency?.record(Clocks.monotonicNanoseconds - connection.sentAt)
        connection.isOutstanding = false
        self.outstanding -= 1
        self.next(connection)
    }

    func drop(_ connection: LoadConnection, _ reason: String) {
        self.poller.remove(connection.socket)
        self.outstanding -= connection.groups.abandon()
        if connection.isOutstanding {
            connection.isOutstanding = false
            self.outstanding -= 1
        }
        self.fail(reason)
    }

    func tick(now: UInt64) {
        self.pace.advance(to: now)
        let waiting = self.parked
        self.parked.removeAll()
        for connection in waiting { self.next(connection) }
    }
}
