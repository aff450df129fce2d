// A group of nodes of one channel in virtual time: each is the real core behind its real inbox, on a disk that loses what is not
// synced, in a network that delays, drops, doubles, reorders and cuts. Clients write; for a while everything goes wrong; then
// nothing does any more, and the nodes must agree. After every step the judge compares what happened with what was promised.
//
// Everything follows from the scenario: what a seed finds it finds again.

internal import Channels
internal import Primitives

package final class ChannelSimulation {
    enum Happening {
        case delivered([UInt8], from: Int, to: Int)
        case woke(Int, life: Int)
        case synced(Int, life: Int)
        case read(Int, life: Int, ReadJob)
        case snapshotDone(Int, life: Int, UInt64, from: Int)
        case probed(Int, life: Int)
        case announcementFailed(Int, life: Int)
        case reopened(Int, life: Int)
        case restarted(Int)
        case clientWrites
        case faultHappens
        case linksHealed
        case diskHealed(Int)
        case pruned
        case calmed
        case checked
    }

    let scenario: ChannelScenario
    var weather: Weather
    var generator: SeededGenerator
    var report: ChannelSimulationReport
    var judge: Judge
    var nodes: [SimulatedNode]
    var agenda = Agenda<Happening>()
    var now: Microseconds = 0
    let channel = ChannelID(name: "simulated")

    /// By index: whether nothing gets from the one to the other.
    var isCut: [[Bool]]
    /// Between two nodes, there and back.
    let distances: [[Microseconds]]
    var writes: [UInt64: Judge.Write] = [:]
    var lastToken: UInt64 = 0
    /// When the faults ended.
    var calmAt: Microseconds?
    var acknowledgedInCalm = 0
    var stopped = 0
    let trace: ((String) -> Void)?

    /// After the faults; a group that does not agree by then never will.
    static let patience: Microseconds = 60_000_000
    /// How long clients write after the faults.
    static let calmWrites: Microseconds = 3_000_000
    static let mostEvents = 3_000_000

    private init(_ scenario: ChannelScenario, trace: ((String) -> Void)?) {
        var generator = SeededGenerator(seed: scenario.seed)
        let weather = Weather(using: &generator)
        let count = weather.nodes
        self.scenario = scenario
        self.weather = weather
        self.trace = trace
        self.report = ChannelSimulationReport(scenario)
        self.report.nodes = count
        self.judge = Judge(election: scenario.election, majority: count / 2 + 1)
        self.nodes = (0..<count).map { index in
            SimulatedNode(
                id: NodeID(UInt16(index + 1)),
                clockOffset: .random(in: 0...1_000_000_000, using: &generator),
                heardAt: [Microseconds](repeating: .min / 2, count: count)
            )
        }
        for index in 0..<count { self.nodes[index].disk.ordersTerms = scenario.election == .quorum }
        self.isCut = [[Bool]](repeating: [Bool](repeating: false, count: count), count: count)
        self.distances = (0..<count).map { _ in (0..<count).map { _ in .random(in: 50...2_000, using: &generator) } }
        self.generator = generator
    }

    /// Runs a scenario to its end, or to the first broken promise.
    /// - Parameter trace: gets a line for everything that happens.
    package static func run(
        _ scenario: ChannelScenario,
        trace: ((String) -> Void)? = nil
    ) -> ChannelSimulationReport {
        let simulation = ChannelSimulation(scenario, trace: trace)
        do throws(Violation) {
            try simulation.run()
        } catch {
            simulation.report.violation = error.reason
            simulation.note("violation: \(error.reason)")
        }
        simulation.finishReport()
        return simulation.report
    }

    private func run() throws(Violation) {
        self.note("\(self.weather)")
        for index in self.nodes.indices { try self.start(index) }
        self.agenda.enter(.clientWrites, at: 200_000)
        self.agenda.enter(.faultHappens, at: 500_000)
        self.agenda.enter(.calmed, at: self.weather.stormLasts)
        if self.weather.prunes { self.agenda.enter(.pruned, at: 700_000) }
        while self.stopped < self.nodes.count, let (time, happening) = self.agenda.next() {
            self.now = time
            self.report.events += 1
            guard self.report.events < Self.mostEvents else { throw Violation("more events than a run can have") }
            try self.take(happening)
        }
        guard self.stopped == self.nodes.count else { throw Violation("a node that was closed has not stopped") }
    }

    private func take(_ happening: Happening) throws(Violation) {
        switch happening {
        case .delivered(let bytes, let from, let to): try self.deliver(bytes, from: from, to: to)
        case .woke(let index, let life):
            guard try self.isAwake(index, life, happening) else { return }
            // Another one may have been entered before this one, and have taken its place.
            guard let at = self.nodes[index].wakeAt, self.now >= at else { return }
            self.nodes[index].wakeAt = nil
            try self.turn(index)
        case .synced(let index, let life):
            guard try self.isAwake(index, life, happening) else { return }
            try self.synced(index)
        case .read(let index, let life, let job):
            guard try self.isAwake(index, life, happening) else { return }
            try self.handle(.read(job.number, self.nodes[index].disk.read(job)), index)
        case .snapshotDone(let index, let life, let number, let source):
            guard try self.isAwake(index, life, happening) else { return }
            try self.snapshotDone(index, number, from: source)
        case .probed(let index, let life):
            guard try self.isAwake(index, life, happening) else { return }
            try self.handle(.probed(isWritable: !self.nodes[index].disk.isFull), index)
        case .announcementFailed(let index, let life):
            guard try self.isAwake(index, life, happening) else { return }
            try self.handle(.announcementFailed, index)
        case .reopened(let index, let life):
            guard try self.isAwake(index, life, happening) else { return }
            try self.handle(.opened, index)
        case .restarted(let index): if !self.nodes[index].isUp { try self.start(index) }
        case .clientWrites: try self.clientWrites()
        case .faultHappens: try self.faultHappens()
        case .linksHealed: self.healLinks()
        case .diskHealed(let index): self.nodes[index].disk.isFull = false
        case .pruned: try self.prune()
        case .calmed: try self.calm()
        case .checked: try self.check()
        }
    }

    /// Whether something reaches the life of a node that it was meant for; a node that is paused gets it later.
    private func isAwake(_ index: Int, _ life: Int, _ happening: Happening) throws(Violation) -> Bool {
        guard self.nodes[index].life == life, self.nodes[index].isUp else { return false }
        guard self.now >= self.nodes[index].pausedUntil else {
            self.agenda.enter(happening, at: self.nodes[index].pausedUntil)
            return false
        }
        return true
    }

    // MARK: A node's time

    private func time(_ index: Int) -> ChannelTime {
        let wallClock = Int64(1_700_000_000_000) + self.now / 1000 + self.nodes[index].wallOffset
        return ChannelTime(now: self.now + self.nodes[index].clockOffset, wallClock: UInt64(max(0, wallClock)))
    }

    func start(_ index: Int) throws(Violation) {
        var options = ChannelOptions(
            channel: self.channel,
            node: self.nodes[index].id,
            members: self.nodes.map(\.id)
        )
        options.election = self.scenario.election
        options.content = self.weather.content
        options.heartbeat = Weather.heartbeat
        options.chunkBytes = self.weather.chunkBytes
        options.diskPressure = self.weather.diskPressure
        options.budget.linkSpeed = self.weather.linkSpeed
        options.budget.liveBytes = self.weather.linkSpeed / 1_000
        options.traffic = TrafficClass.allCases.randomElement(using: &self.generator) ?? .foreground
        options.mutant = self.scenario.mutant
        let node = self.nodes[index]
        let channel = Channel(
            options,
            log: node.disk.tip,
            ballot: node.disk.ballot,
            seed: self.generator.next(),
            now: self.time(index).now
        )
        self.nodes[index].member = ChannelMember(channel)
        self.nodes[index].role = .idle
        self.nodes[index].wakeAt = nil
        self.note("\(node.id) starts with \(node.disk.first)..\(node.disk.tail), term \(channel.term)")
        for other in self.nodes.indices where other != index {
            try self.handle(.roundTripMeasured(self.distances[index][other], to: self.nodes[other].id), index)
        }
        try self.handle(.opened, index)
    }

    func turn(_ index: Int) throws(Violation) {
        let time = self.time(index)
        guard let actions = self.nodes[index].member?.turn(time) else { return }
        try self.perform(actions, index)
        self.planWake(index)
    }

    func handle(_ event: ChannelEvent, _ index: Int) throws(Violation) {
        let time = self.time(index)
        guard let actions = self.nodes[index].member?.handle(event, at: time) else { return }
        try self.perform(actions, index)
        self.planWake(index)
    }

    private func planWake(_ index: Int) {
        guard let member = self.nodes[index].member else { return }
        var at = member.deadline.map { max($0 - self.nodes[index].clockOffset, self.now) }
        if member.hasWork { at = self.now }
        guard let at, at < self.nodes[index].wakeAt ?? .max else { return }
        self.nodes[index].wakeAt = at
        self.agenda.enter(.woke(index, life: self.nodes[index].life), at: at)
    }

    // MARK: Notes

    func note(_ text: @autoclosure () -> String) {
        guard let trace = self.trace else { return }
        let micros = String(self.now % 1_000_000)
        let padding = String(repeating: "0", count: 6 - micros.count)
        trace("\(self.now / 1_000_000).\(padding)\(micros) \(text())")
    }

    /// Mixes into the report's digest what a run went through.
    func mix(_ value: UInt64) {
        self.report.digest = (self.report.digest ^ value) &* 0x100_0000_01b3
    }

    private func finishReport() {
        for node in self.nodes {
            var counters = [node.past]
            if let member = node.member { counters.append(member.channel.counters) }
            for counter in counters {
                self.report.discarded += counter.recordsDiscarded
                self.report.skipped += counter.recordsSkipped
                self.report.snapshots += counter.snapshots
                self.report.searches += counter.divergences
            }
        }
    }
}
