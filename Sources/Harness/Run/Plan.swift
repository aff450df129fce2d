// The order of a run, fixed before it begins: blocks one after the other (memory first, while the servers have no past),
// trials shuffled within a block, and the targets taking turns at each, so that drift of the machine hits all alike.

import Measurement
package import Primitives

package struct Plan {
    /// What one trial measures.
    package enum Work: Hashable, Sendable {
        case idle(FanOutCase)
        case fast(FanOutCase)
        case stalled(FanOutCase)
        case handshake(HandshakeCase)
        case ceiling(CeilingCase)
        case resume(ResumeCase)
        case snapshot(SnapshotCase)
        case lag(LagCase)
        case capacity(CapacityCase)
        case faults(FaultsCase)
        case failover(FailoverCase)
        case catchUp(CatchUpCase)

        /// A case of the fan-out, by what its replicas do.
        package init(_ fanOut: FanOutCase) {
            switch fanOut.kind {
            case .idle: self = .idle(fanOut)
            case .stalled: self = .stalled(fanOut)
            case .fast, .slow, .flapping, .late, .silent: self = .fast(fanOut)
            }
        }
    }

    package struct Step {
        package var work: Work
        /// Nil for the machine itself.
        package var target: TargetSpecification?
        /// Seconds that it takes by experience, for the remaining time shown.
        package var seconds: Double
    }

    package private(set) var steps: [Step] = []

    package init(_ suite: Suite, targets: [TargetSpecification], _ generator: inout SeededGenerator) {
        for block in Self.blocks(suite.entries) {
            var order = block.flatMap { entry in (0..<entry.trials).map { _ in entry } }
            order.shuffle(using: &generator)
            let preparation = Self.preparationSeconds(block) / Double(max(1, order.count))
            for (place, entry) in order.enumerated() {
                let machine: [TargetSpecification?] = [nil]
                let servers = entry.work.needsServer ? targets.filter(entry.suits) : machine
                // A B B A: neither target always goes first.
                for target in place.isMultiple(of: 2) ? servers : servers.reversed() {
                    self.steps.append(Step(work: entry.work, target: target, seconds: entry.work.seconds + preparation))
                }
            }
        }
    }

    /// Entries that are shuffled together, in the order in which they are measured.
    private static func blocks(_ entries: [Suite.Entry]) -> [[Suite.Entry]] {
        var order: [Block] = []
        var blocks: [Block: [Suite.Entry]] = [:]
        for entry in entries {
            let block = Block(entry.work)
            if blocks[block] == nil { order.append(block) }
            blocks[block, default: []].append(entry)
        }
        let servers = order.compactMap(\.server)
        func place(_ block: Block) -> Int { block.server.flatMap(servers.firstIndex) ?? 0 }
        let sorted = order.sorted { one, other in
            if one.stage != other.stage { return one.stage < other.stage }
            if place(one) != place(other) { return place(one) < place(other) }
            return one.records < other.records
        }
        return sorted.map { blocks[$0, default: []] }
    }

    /// What is done once for a whole block, by experience: a server is filled.
    private static func preparationSeconds(_ block: [Suite.Entry]) -> Double {
        switch block.first?.work {
        case .resume(let resume): Double(resume.records) / Self.preloadRate
        case .snapshot(let snapshot): Double(snapshot.data.keys) / Self.preloadRate
        case .idle, .fast, .stalled, .handshake, .ceiling, .lag, .capacity, .faults, .failover, .catchUp, nil: 0
        }
    }

    /// Writes per second while a server is filled, by experience.
    private static let preloadRate = 350_000.0
}

/// Cases whose trials may be shuffled with each other.
private struct Block: Hashable {
    /// Memory comes first, while the servers have no past; the machine's ceiling comes last.
    private(set) var stage: Int
    private(set) var server: SharedServer?
    /// Logs only grow, so the lengths on one server come one after the other.
    private(set) var records: UInt64 = 0

    /// More idle replicas than these leave traces in a server's memory, so they come behind the others.
    private static let crowd = 64

    init(_ work: Plan.Work) {
        switch work {
        case .idle(let fanOut): self.stage = fanOut.replicas > Self.crowd ? 1 : 0
        case .fast: self.stage = 2
        case .lag: self.stage = 3
        case .handshake: self.stage = 4
        case .stalled: self.stage = 5
        case .resume(let resume):
            self.stage = 6
            self.server = .resume(resume.engine)
            self.records = resume.records
        case .snapshot(let snapshot):
            self.stage = 7
            self.server = .snapshot(snapshot.data)
        case .faults: self.stage = 8
        case .failover: self.stage = 9
        case .catchUp: self.stage = 10
        case .capacity: self.stage = 11
        case .ceiling: self.stage = 12
        }
    }
}

extension Suite.Entry {
    func suits(_ target: TargetSpecification) -> Bool {
        self.work.suits(target) && (self.products?.contains(target.product) ?? true)
    }
}

extension Plan.Step {
    /// `fan-out bundled replicas=4 value_size=1024 …`.
    var title: String {
        let settings = self.work.parameters(for: self.target).map { "\($0.name)=\($0.value)" }.joined(separator: " ")
        return "\(self.work.scenario) \(self.target?.description ?? "machine") \(settings)"
    }
}

extension Plan.Work {
    /// Whether it is a server that is measured, or the machine alone.
    var needsServer: Bool { if case .ceiling = self { false } else { true } }

    /// Seconds of one trial, by experience.
    package var seconds: Double {
        switch self {
        case .idle(let fanOut): 0.1 + fanOut.secondsUntilRead + Double(fanOut.replicas) / 4000
        case .fast(let fanOut): fanOut.loadSeconds + 0.15 + Double(fanOut.replicas) / 1000
        case .stalled: 1.5
        case .handshake(let handshake): handshake.seconds + 0.1
        case .ceiling: 0.4
        case .resume(let resume): 0.15 + Double(resume.replicas) / 1000
        // Two copies, and what comes with them.
        case .snapshot(let snapshot):
            0.5 + 2 * (Double(snapshot.data.keys) / 1_000_000 + Double(snapshot.data.bytes) / 500e6)
        case .lag(let lag): lag.seconds + 3.5
        case .capacity: 3.5
        case .faults(let faults): faults.schedule.end + 4
        case .failover: FailoverScenario.seconds
        case .catchUp(let catchUp): CatchUpScenario.seconds(catchUp)
        }
    }
}
