// The open loop: groups of commands leave at times that are fixed beforehand, over one connection after the other, whether
// earlier ones were answered or not.

package import Histogram
import Sockets
import Workload

/// What an open loop did between two cuts; durations in nanoseconds, one per group of commands.
package struct OpenLoopRecord: Sendable {
    /// From the time at which a group was meant to go until its last answer.
    package var response = LoadBody.emptyLatency
    /// From sending until the last answer.
    package var service = LoadBody.emptyLatency
    /// From the time at which a group was meant to go until it was sent: what the generator itself was late.
    package var lateness = LoadBody.emptyLatency
    /// Commands that were sent.
    package var sent: UInt64 = 0
    /// Commands that were not sent because too many had not been answered.
    package var dropped: UInt64 = 0

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

    /// Takes in what came behind.
    mutating func add(_ later: OpenLoopRecord) {
        self.response.add(later.response)
        self.service.add(later.service)
        self.lateness.add(later.lateness)
        self.sent += later.sent
        self.dropped += later.dropped
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
}

extension LoadBody {
    /// What the poller says for the ticker; connections are numbered from zero.
    private static let tickerToken = UInt64.max - 1

    func beginOpenLoop(rate: Int) {
        let schedule = Schedule(rate: rate, began: Clocks.monotonicNanoseconds)
        do throws(SocketError) {
            let ticker = try Ticker(intervalNanoseconds: UInt64(schedule.intervalNanoseconds))
            let batch = self.freshBatch(depth: schedule.commandsPerGroup)
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
        let record = self.open?.record
        self.open?.record = OpenLoopRecord()
        return record
    }

    func scheduleTicked() {
        self.open?.ticker.drain()
        let count = min(self.shape.connections, self.connections.count)
        guard count > 0, self.isRunning else { return }
        while true {
            let now = Clocks.monotonicNanoseconds
            guard let intended = self.open?.schedule.take(by: now) else { return }
            self.sendGroup(intended: intended, now, count)
        }
    }

    private func sendGroup(intended: UInt64, _ now: UInt64, _ count: Int) {
        guard var open = self.open else { return }
        // Moved out and back, so that buffers stay uniquely owned.
        self.open = nil
        defer { self.open = open }
        guard self.outstanding < OpenLoop.mostOutstanding else {
            open.record.dropped += UInt64(open.batch.depth)
            return
        }
        let connection = self.connections[open.next % count]
        open.next = (open.next + 1) % count
        open.batch.advance(
            connection: connection.number,
            keys: self.shape.keys,
            ledger: &self.ledger,
            using: &self.generator
        )
        open.record.lateness.record(now - intended)
        open.record.sent += UInt64(open.batch.depth)
        let group = GroupQueue.Group(intended: intended, sent: now, commands: open.batch.depth)
        connection.groups.append(group, open.batch.bytes)
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
        guard event.isReadable || event.isHangup, let bytes = self.read(connection) else { return }
        guard let answers = connection.count(bytes) else {
            let text = String(decoding: bytes.prefix(128), as: UTF8.self)
            return self.drop(connection, "the primary answered a write with \(text)")
        }
        let now = Clocks.monotonicNanoseconds
        var completed = 0
        let isDue = connection.groups.receive(answers) { group in
            completed += 1
            self.open?.record.response.record(now - group.intended)
            self.open?.record.service.record(now - group.sent)
        }
        self.outstanding -= completed
        self.acknowledge(answers)
        if !isDue { self.drop(connection, "more answers than commands") }
    }
}
