import Workload

/// Which cases a run measures, and how often. Every suite is written as a file is: see `SuiteFile`.
package struct Suite: Sendable {
    /// A case with the number of its trials.
    package struct Entry: Sendable {
        package var work: Plan.Work
        package var trials: Int
        /// Makes of server that are measured so; nil: all that can be.
        package var products: Set<TargetSpecification.Product>?

        package init(_ work: Plan.Work, trials: Int, products: Set<TargetSpecification.Product>? = nil) {
            self.work = work
            self.trials = trials
            self.products = products
        }
    }

    package var name: String
    /// What it is for, in a line.
    package var about = ""
    package var entries: [Entry] = []
    /// Keys that a server is filled with before anything is measured on it.
    package var keys = LoadCase.defaultKeys
    /// Of keys, payloads and order, unless the user gives another.
    package var seed: UInt64?
    /// What is measured unless the user says so.
    package var targets: [String] = []

    package init(name: String) { self.name = name }

    /// Takes out the cases with an empty page cache; returns whether there were any.
    mutating func leaveOutColdCache() -> Bool {
        let count = self.entries.count
        self.entries.removeAll { if case .resume(let resume) = $0.work { resume.cache == .cold } else { false } }
        return self.entries.count < count
    }

    /// The suite with only these replica counts, this value size or this number of trials. Cases that have no replicas, or no
    /// value size, stay.
    package func narrowed(replicas: [Int]?, valueSize: Int?, trials: Int?) -> Suite {
        var suite = self
        suite.entries = self.entries.filter { entry in
            let hasReplicas = replicas.flatMap { wanted in entry.work.replicas.map(wanted.contains) } ?? true
            let hasSize = valueSize.flatMap { wanted in entry.work.valueSize.map { $0 == wanted } } ?? true
            return hasReplicas && hasSize
        }
        if let trials { for place in suite.entries.indices { suite.entries[place].trials = trials } }
        return suite
    }
}

extension Plan.Work {
    /// How many replicas a case has, where that is what it varies.
    package var replicas: Int? {
        switch self {
        case .idle(let fanOut), .fast(let fanOut), .stalled(let fanOut): fanOut.replicas
        case .lag(let lag): lag.replicas
        case .capacity(let capacity): capacity.replicas
        case .faults(let faults): faults.replicas
        case .snapshot(let snapshot): snapshot.replicas
        case .resume(let resume): resume.isStorm ? resume.replicas : nil
        case .handshake, .ceiling, .failover, .catchUp: nil
        }
    }

    /// Bytes per value, where a case varies it.
    package var valueSize: Int? {
        switch self {
        case .idle(let fanOut), .fast(let fanOut), .stalled(let fanOut): fanOut.load.valueSize
        case .lag(let lag): lag.load.valueSize
        case .capacity(let capacity): capacity.valueSize
        case .faults(let faults): faults.valueSize
        case .snapshot(let snapshot): snapshot.data.valueSize
        case .catchUp(let catchUp): catchUp.valueSize
        case .handshake, .ceiling, .resume, .failover: nil
        }
    }

    /// Load connections that a case says it needs.
    var connections: Int? {
        switch self {
        case .idle(let fanOut), .fast(let fanOut), .stalled(let fanOut): fanOut.load.connections
        case .lag(let lag): lag.load.connections
        case .handshake, .ceiling, .resume, .snapshot, .capacity, .faults, .failover, .catchUp: nil
        }
    }
}
