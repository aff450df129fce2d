// One scenario of a suite: its grid multiplied out into cases, and each case looked at whether it makes sense.

import Workload
import Yams

struct SuiteScenario {
    private enum Name: String, CaseIterable {
        case fanOut = "fan-out"
        case handshake, resume, snapshot, lag, faults, failover
        case catchUp = "catch-up"
        case ceiling
    }

    /// What a load is described with.
    static let loadNames = [
        "value-size", "keys", "mix", "compressibility", "connections", "pipeline", "write-rate", "arrival",
    ]
    private static let common = ["scenario", "trials", "products"]

    let fields: SuiteFields
    let source: SuiteSource
    let file: SuiteFile
    private let name: Name

    init(_ node: Node, _ file: SuiteFile, _ source: SuiteSource) throws(HarnessError) {
        guard case .mapping(let mapping) = node,
            let named = mapping.first(where: { $0.key.scalar?.string == "scenario" })
        else {
            let known = Name.allCases.map(\.rawValue).joined(separator: ", ")
            throw source.error(at: node, "a scenario begins with its name, 'scenario:' and one of \(known)")
        }
        self.name = try SuiteReadings.word(Name.self)(named.value, source)
        let own =
            switch self.name {
            case .fanOut: Self.fanOutNames
            case .handshake: Self.handshakeNames
            case .resume: Self.resumeNames
            case .snapshot: Self.snapshotNames
            case .lag: Self.lagNames
            case .faults: Self.faultsNames
            case .failover: Self.failoverNames
            case .catchUp: Self.catchUpNames
            case .ceiling: Self.ceilingNames
            }
        self.fields = try SuiteFields(node, of: "a \(self.name.rawValue) scenario", allowed: Self.common + own, source)
        self.source = source
        self.file = file
    }

    func entries() throws(HarnessError) -> [Suite.Entry] {
        let trials = try self.fields.value("trials", SuiteReadings.number(1...1000)) ?? 1
        let products = try self.fields.axis("products", SuiteReadings.word(TargetSpecification.Product.self))
        let works =
            switch self.name {
            case .fanOut: try self.fanOuts()
            case .handshake: try self.handshakes()
            case .resume: try self.resumes()
            case .snapshot: try self.snapshots()
            case .lag: try self.lags()
            case .faults: try self.faults()
            case .failover: try self.failovers()
            case .catchUp: try self.catchUps()
            case .ceiling: try self.ceilings()
            }
        guard !works.isEmpty else {
            throw self.source.error(at: self.fields.node, "no combination of these values makes a case")
        }
        var seen: Set<Plan.Work> = []
        return works.filter { seen.insert($0).inserted }.map {
            Suite.Entry($0, trials: trials, products: products.map { Set($0) })
        }
    }

    /// Each case with each of the values; as they were when the grid does not have the parameter.
    func spread<Case, Value>(
        _ cases: [Case],
        _ path: WritableKeyPath<Case, Value>,
        _ values: [Value]?
    ) -> [Case] {
        guard let values else { return cases }
        return cases.flatMap { one in
            values.map { value in
                var changed = one
                changed[keyPath: path] = value
                return changed
            }
        }
    }

    /// A parameter of the load, by the scenario or else by the whole suite.
    func load<Value: Hashable>(
        _ name: String,
        _ read: SuiteReading<Value>
    ) throws(HarnessError) -> [Value]? {
        if let values = try self.fields.axis(name, read) { return values }
        return try self.file.load?.axis(name, read)
    }

    /// The loads of a grid.
    func loads(like base: LoadCase) throws(HarnessError) -> [LoadCase] {
        var base = base
        base.keys = .uniform(keys: self.file.keys)
        var loads = self.spread([base], \.sizes, try self.load("value-size", SuiteReadings.valueSizes))
        loads = self.spread(loads, \.keys, try self.load("keys", SuiteReadings.keys))
        loads = self.spread(loads, \.mix, try self.load("mix", SuiteReadings.mix))
        loads = self.spread(loads, \.compressibility, try self.load("compressibility", SuiteReadings.decimal(0...1)))
        let connections = SuiteReadings.number(1...Ledger.connectionLimit)
        loads = self.spread(loads, \.connections, try self.load("connections", connections))
        loads = self.spread(loads, \.pipeline, try self.load("pipeline", SuiteReadings.number(1...10_000)))
        return self.spread(loads, \.arrival, try self.load("arrival", SuiteReadings.word(Arrival.self)))
    }

    /// Commands per second of an open loop.
    static var rate: SuiteReading<Int> { SuiteReadings.number(1...10_000_000) }

    static var seconds: SuiteReading<Double> { SuiteReadings.decimal(0.05...3600) }

    /// - Throws: when those that fall behind would not find everything in the backlog.
    func checkRoom(rate: Int, _ load: LoadCase, seconds: Double) throws(HarnessError) {
        let most = BacklogRoom.bytesPerSecond(loadSeconds: seconds)
        let bytes = rate * SetBatch.commandSize(valueSize: load.valueSize)
        guard bytes > most else { return }
        throw self.source.error(
            at: self.fields.node,
            "\(rate) writes/s of \(load.valueSize) bytes for \(seconds) s are more than a backlog keeps for replicas that fall "
                + "behind; at most \(most / SetBatch.commandSize(valueSize: load.valueSize)) writes/s leave them room"
        )
    }
}
