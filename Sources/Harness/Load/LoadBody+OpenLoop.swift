// The open loop: groups of commands leave at times that are fixed beforehand, over one connection after the other, whether
// earlier ones were answered or not.

package import Histogram
import Measurement
import Sockets
import Workload

/// What an open loop did between two cuts; durations in nanoseconds, one for each command: that of its group.
package struct OpenLoopRecord: Sendable {
    /// From the time at which a group was meant to go until its last answer: wait and service.
    package var response = LoadBody.emptyLatency
    /// From the time at which a group was meant to go until the server's socket had taken it.
    package var wait = LoadBody.emptyLatency
    /// From then until the last answer.
    package var service = LoadBody.emptyLatency
    /// From the time at which a group was meant to go until the generator took it up: what it was late itself.
    package var lateness = LoadBody.emptyLatency
    /// Commands that were sent.
    package var sent: UInt64 = 0
    /// Commands that were not sent because too many had not been answered.
    package var dropped: UInt64 = 0
    /// Processor time of the generator's thread, and how long the record is.
    package var processorNanoseconds: UInt64 = 0
    package var elapsedNanoseconds: UInt64 = 0

    /// The share of a processor that the generator's thread took; nil before the record is cut.
    package var processorShare: Double? {
        self.elapsedNanoseconds > 0 ? Double(self.processorNanoseconds) / Double(self.elapsedNanoseconds) : nil
    }

    /// Beyond it, at the 99th percentile, the generator and not the server is what was measured, in nanoseconds.
    private static let tolerableLateness: UInt64 = 10_000_000

    /// Why the generator was the limit; nil when it was not.
    package var saturation: String? {
        if self.dropped > 0 { return "the generator gave up on \(self.dropped) commands, because answers did not come" }
        let late = self.lateness.valueAtPercentile(99)
        guard late > Self.tolerableLateness else { return nil }
        return "the generator was saturated: 1 % of its commands left more than \(late / 1_000_000) ms late"
    }

    init() {}

    /// Enters what clients saw, and whether the generator kept up.
    /// - Parameters:
    ///   - rate: writes per second that were due.
    ///   - isProbe: a generator that did not keep up is part of the result, and voids nothing.
    func add(to trial: inout Trial, offered rate: Int, isProbe: Bool = false) {
        trial.add("response", nanoseconds: self.response)
        trial.add("response", self.response.mean / 1000, unit: "us", better: .lower, stat: "mean")
        trial.add("generator_lateness", self.lateness.mean / 1000, unit: "us", better: .lower, stat: "mean")
        trial.add("wait", nanoseconds: self.wait)
        trial.add("service", nanoseconds: self.service)
        trial.add("generator_lateness", nanoseconds: self.lateness)
        trial.add("offered_rate", Double(rate), unit: "1/s", better: .neither)
        trial.add("dropped_writes", Double(self.dropped), unit: "count", better: .lower)
        if !isProbe { trial.check(self) }
    }

    /// Takes in what came behind.
    mutating func add(_ later: OpenLoopRecord) {
        self.response.add(later.response)
        self.wait.add(later.wait)
        self.service.add(later.service)
        self.lateness.add(later.lateness)
        self.sent += later.sent
        self.dropped += later.dropped
        self.processorNanoseconds += later.processorNanoseconds
        self.elapsedNanoseconds += later.elapsedNanoseconds
    }
}

/// The state of an open loop that runs.
struct OpenLoop {
    /// Groups on their way beyond which no more are sent: seconds of any load that a server can keep up with.
    static let mostOutstanding = 100_000

    let ticker: Ticker
    /// The generator shares the processors with what it measures; what it is late would be taken for the server's.
    let priority = ThreadPriority()
    var schedule: Schedule
    var batch: LoadBatch
    /// The place of the connection that sends next.
    var next = 0
    var record = OpenLoopRecord()
    /// Where the record began.
    var began = Clocks.monotonicNanoseconds
    var processorBegan = Clocks.threadProcessorNanoseconds
}

extension LoadBody {
    /// What the poller says for the ticker; connections are numbered from zero.
    private static let tickerToken = UInt64.max - 1

    func beginOpenLoop(rate: Int) {
        let schedule = Schedule(
            rate: rate,
            self.shape.arrival,
            began: Clocks.monotonicNanoseconds,
            seed: self.generator.next()
        )
        do throws(SocketError) {
            let ticker = try Ticker(intervalNanoseconds: UInt64(schedule.intervalNanoseconds))
            let batch = self.freshBatch(depth: schedule.mostPerGroup)
            self.open = OpenLoop(ticker: ticker, schedule: schedule, batch: batch)
            for connection in self.connections { connection.batch = batch }
            try self.poller.add(ticker.socket, .readable, token: Self.tickerToken)
        } catch {
            self.fail("the open loop has no timer: \(error)")
        }
    }

    func endOpenLoop() {
        guard let open = self.open else { return }
        self.poller.remove(open.ticker.socket)
        open.ticker.close()
        self.open = nil
        open.priority.restore()
    }

    func cutRecord() -> OpenLoopRecord? {
        guard var record = self.open?.record, let began = self.open?.began,
            let processorBegan = self.open?.processorBegan
        else { return nil }
        let (now, processor) = (Clocks.monotonicNanoseconds, Clocks.threadProcessorNanoseconds)
        record.elapsedNanoseconds = now - began
        record.processorNanoseconds = processor - processorBegan
        self.open?.record = OpenLoopRecord()
        self.open?.began = now
        self.open?.processorBegan = processor
        return record
    }

    func scheduleTicked() {
        self.open?.ticker.drain()
        let count = min(self.shape.connections, self.connections.count)
        guard count > 0, self.isRunning else { return }
        while true {
            let now = Clocks.monotonicNanoseconds
            guard let due = self.open?.schedule.take(by: now) else { return }
            self.send(due, now, count)
        }
    }

    private func send(_ due: Schedule.Group, _ now: UInt64, _ count: Int) {
        guard var open = self.open else { return }
        // Moved out and back, so that buffers stay uniquely owned.
        self.open = nil
        defer { self.open = open }
        let commands = UInt64(due.commands)
        guard self.outstanding < OpenLoop.mostOutstanding else {
            open.record.dropped += commands
            return
        }
        let connection = self.connections[open.next % count]
        open.next = (open.next + 1) % count
        open.batch.advance(
            due.commands,
            connection: connection.number,
            keys: self.shape.keys,
            ledger: &self.ledger,
            using: &self.generator
        )
        open.record.lateness.record(now - due.intended, count: commands)
        open.record.sent += commands
        let group = GroupQueue.Group(intended: due.intended, taken: now, commands: due.commands)
        connection.began(group, open.batch)
        self.outstanding += 1
        if !connection.groups.isBlocked { self.sendGroups(connection) }
    }

    private func sendGroups(_ connection: LoadConnection) {
        let wasBlocked = connection.groups.isBlocked
        switch connection.groups.send(connection.socket) {
        case true?: if wasBlocked { self.watch(connection, .readable) }
        case false?: if !wasBlocked { self.watch(connection, [.readable, .writable]) }
        case nil: return self.drop(connection, "a load connection broke while sending")
        }
    }

    func readyInOpenLoop(_ connection: LoadConnection, _ event: Poller.Event) {
        if event.isWritable { self.sendGroups(connection) }
        guard event.isReadable || event.isHangup, let answers = self.answers(connection) else { return }
        let now = Clocks.monotonicNanoseconds
        var completed = 0
        let isDue = connection.groups.receive(answers.commands) { group in
            completed += 1
            let commands = UInt64(group.commands)
            self.open?.record.response.record(now - group.intended, count: commands)
            self.open?.record.wait.record(group.sent - group.intended, count: commands)
            self.open?.record.service.record(now - group.sent, count: commands)
        }
        self.outstanding -= completed
        self.acknowledge(answers)
        if !isDue { self.drop(connection, Self.excess) }
    }
}
