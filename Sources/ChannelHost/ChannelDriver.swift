internal import ChannelMetrics
internal import Channels
internal import Primitives

/// Carries events to the core and actions from it. One task sends, one works on the storage, one keeps the time.
actor ChannelDriver {
    private enum Work {
        case change(StorageJob)
        case sweep(UInt64)
        case read(ReadJob)
    }

    private struct Write {
        /// Of its first record, if it is taken.
        let seq: UInt64
        let continuation: CheckedContinuation<Result<UInt64, ChannelError>, Never>
    }

    private var member: ChannelMember
    private let storage: any ChannelStorage
    private let transport: any ChannelTransport
    private let clock = ContinuousClock()
    private let began: ContinuousClock.Instant
    private let decided: AsyncStream<UInt64>.Continuation

    private var work: [Work] = []
    private var isWorking = false
    private var timer: Task<Void, Never>?
    private var timerAt: Microseconds?
    private var outbox: AsyncStream<(message: ChannelMessage, node: NodeID, charge: Int)>.Continuation?
    private var writes: [UInt64: Write] = [:]
    private var lastToken: UInt64 = 0
    private var metrics: ChannelMetrics
    private var reportedAt: Microseconds = 0
    private var closers: [CheckedContinuation<Void, Never>] = []

    /// Messages that wait for the transport. More are dropped, as a network would.
    private static let mostMessages = 4096

    init(
        _ name: String,
        _ options: ChannelOptions,
        _ stored: StoredChannel,
        storage: any ChannelStorage,
        transport: any ChannelTransport,
        seed: UInt64,
        decided: AsyncStream<UInt64>.Continuation
    ) {
        let ballot = Ballot(term: stored.ballotTerm, votedFor: stored.votedFor.map { NodeID($0) })
        self.member = ChannelMember(Channel(options, log: stored.tip, ballot: ballot, seed: seed, now: 0))
        self.metrics = ChannelMetrics(channel: name, node: options.node)
        self.storage = storage
        self.transport = transport
        self.began = self.clock.now
        self.decided = decided
    }

    func start() {
        let (stream, continuation) = AsyncStream.makeStream(
            of: (message: ChannelMessage, node: NodeID, charge: Int).self,
            bufferingPolicy: .bufferingNewest(Self.mostMessages)
        )
        self.outbox = continuation
        let transport = self.transport
        Task { [weak self] in
            for await (message, node, charge) in stream {
                let isSent = await transport.send(message.encoded, to: node.number)
                if !isSent, charge > 0 { await self?.handle(.sendFailed(charge: charge)) }
            }
        }
        self.handle(.opened)
    }

    // MARK: What the handle asks

    func receive(_ message: [UInt8], from node: UInt16) -> Bool {
        let reception = message.withUnsafeBytes { self.member.receive($0, from: NodeID(node)) }
        self.turn()
        switch reception {
        case .queued, .stranger, .foreignChannel: return true
        case .full, .malformed, .stopped: return false
        }
    }

    func write(_ payloads: [[UInt8]]) async -> Result<UInt64, ChannelError> {
        self.lastToken += 1
        let token = self.lastToken
        return await withCheckedContinuation { continuation in
            self.writes[token] = Write(seq: self.member.channel.log.tail, continuation: continuation)
            self.handle(.proposed(token: token, payloads: payloads))
        }
    }

    func readDecided(from seq: UInt64, byteLimit: Int) async -> Result<[ChannelEntry], ChannelError> {
        let limit = self.member.channel.retentionLimit
        guard seq < limit else { return .success([]) }
        do {
            guard let found = try await self.storage.read(from: seq, byteLimit: max(1, byteLimit)) else {
                return .failure(.unreadable)
            }
            return .success(found.entries.filter { $0.seq < limit && !$0.payload.isEmpty })
        } catch {
            return .failure(.unreadable)
        }
    }

    func measured(_ roundTrip: Microseconds, to node: UInt16) {
        self.handle(.roundTripMeasured(roundTrip, to: NodeID(node)))
    }

    func pruned(_ first: UInt64) { self.handle(.pruned(first: first)) }

    func close(forEverybody: Bool) async {
        self.handle(.closed(forEverybody: forEverybody))
        guard !self.member.channel.isStopped else { return }
        await withCheckedContinuation { self.closers.append($0) }
    }

    var status: ReplicatedChannel.Status {
        let channel = self.member.channel
        return ReplicatedChannel.Status(
            role: channel.role.published,
            leader: channel.leader?.number,
            term: channel.term,
            first: channel.log.first,
            tail: channel.log.tail,
            decided: channel.retentionLimit,
            recordsDiscarded: channel.counters.recordsDiscarded,
            isStopped: channel.isStopped
        )
    }

    // MARK: Events and actions

    private var time: ChannelTime {
        let now = Microseconds(self.began.duration(to: self.clock.now) / .microseconds(1))
        return ChannelTime(now: now, wallClock: WallClock.milliseconds)
    }

    private func handle(_ event: ChannelEvent) {
        let actions = self.member.handle(event, at: self.time)
        self.perform(actions)
        self.planTimer()
    }

    private func turn() {
        repeat {
            let actions = self.member.turn(self.time)
            self.perform(actions)
        } while self.member.hasWork
        self.planTimer()
    }

    private func perform(_ actions: [ChannelAction]) {
        for action in actions {
            switch action {
            case .send(let message, let node, let charge):
                if case .dropped(let old) = self.outbox?.yield((message, node, charge)), old.charge > 0 {
                    Task { self.handle(.sendFailed(charge: old.charge)) }
                }
            case .store(let job): self.enqueue(.change(job))
            case .read(let job): self.enqueue(.read(job))
            case .sweep: self.enqueue(.sweep(self.member.channel.retentionLimit))
            case .acknowledge(let tokens):
                for token in tokens {
                    guard let write = self.writes.removeValue(forKey: token) else { continue }
                    write.continuation.resume(returning: .success(write.seq))
                }
            case .refuse(let tokens, let refusal):
                for token in tokens {
                    self.writes.removeValue(forKey: token)?.continuation.resume(returning: .failure(refusal.error))
                }
            case .committed(let seq): self.decided.yield(seq)
            // Whoever needs a directory reads `status`; a storage shows by its next append whether it takes records again.
            case .roleChanged, .announce, .cancelSnapshot: break
            case .probe: self.probe()
            case .fetchSnapshot(let number, _, _): self.failSnapshot(number)
            case .stopped: self.finish()
            }
        }
    }

    /// Logs need no snapshots, and this is one.
    private func failSnapshot(_ number: UInt64) {
        Task { self.handle(.snapshotFailed(number)) }
    }

    private func finish() {
        self.timer?.cancel()
        self.outbox?.finish()
        self.decided.finish()
        for closer in self.closers { closer.resume() }
        self.closers = []
    }

    private func planTimer() {
        guard let deadline = self.member.deadline else {
            self.timer?.cancel()
            self.timerAt = nil
            return
        }
        guard deadline != self.timerAt else { return }
        self.timer?.cancel()
        self.timerAt = deadline
        let instant = self.began.advanced(by: .microseconds(deadline))
        self.timer = Task { [weak self, clock] in
            guard (try? await clock.sleep(until: instant)) != nil else { return }
            await self?.timeCame(deadline)
        }
    }

    private func timeCame(_ deadline: Microseconds) {
        guard self.timerAt == deadline else { return }
        self.timerAt = nil
        self.turn()
        self.report()
    }

    /// At most once a heartbeat.
    private func report() {
        let now = self.time.now
        guard now - self.reportedAt >= self.member.channel.options.heartbeat else { return }
        self.reportedAt = now
        self.metrics.report(self.member.channel)
    }

    // MARK: The storage

    private func enqueue(_ item: Work) {
        self.work.append(item)
        guard !self.isWorking else { return }
        self.isWorking = true
        Task { await self.workOff() }
    }

    /// One thing after the other; changes that wait together are made together.
    private func workOff() async {
        while !self.work.isEmpty {
            if case .read(let job) = self.work[0] {
                self.work.removeFirst()
                self.handle(.read(job.number, await self.read(job)))
                continue
            }
            let count = self.work.firstIndex { if case .read = $0 { true } else { false } } ?? self.work.count
            let batch = Array(self.work[..<count])
            self.work.removeFirst(count)
            await self.apply(batch)
        }
        self.isWorking = false
    }

    private func apply(_ batch: [Work]) async {
        var changes: [ChannelChange] = []
        var last: UInt64?
        for item in batch {
            switch item {
            case .change(let job):
                last = job.number
                if let change = job.work.change { changes.append(change) }
            case .sweep(let seq): changes.append(.sweep(to: seq))
            case .read: break
            }
        }
        do {
            try await self.storage.apply(changes)
            if let last { self.handle(.stored(last)) }
        } catch {
            await self.recover()
        }
    }

    /// Drops every change that waits, as the core expects, and says what is left.
    private func recover() async {
        self.work.removeAll { if case .change = $0 { true } else { false } }
        while true {
            if let stored = try? await self.storage.open() {
                self.work.removeAll { if case .change = $0 { true } else { false } }
                self.handle(.storageFailed(stored.tip))
                return
            }
            guard !self.member.channel.isClosing else {
                self.handle(.storageFailed(self.member.channel.log))
                return
            }
            try? await self.clock.sleep(for: .microseconds(self.member.channel.options.heartbeat))
        }
    }

    private func probe() {
        Task {
            let isWritable = (try? await self.storage.apply([])) != nil
            self.handle(.probed(isWritable: isWritable))
        }
    }

    private func read(_ job: ReadJob) async -> ReadOutcome {
        guard let found = try? await self.storage.read(from: job.from, byteLimit: job.byteLimit) else {
            let first = (try? await self.storage.open())?.first
            guard let first, first > job.from else { return .failed }
            return .trimmed(firstRetained: first)
        }
        // The storage counts payloads alone.
        var bytes = 0
        let records = found.entries.map(\.record).prefix { record in
            bytes += record.encodedBytes
            return bytes <= job.byteLimit || bytes == record.encodedBytes
        }
        return .found(
            previous: found.previous?.record.mark ?? .none,
            records: Array(records),
            firstRetained: self.member.channel.log.first
        )
    }
}
