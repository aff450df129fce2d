/// Which cases a run measures, how often and how long.
package struct Suite: Sendable {
    package var name: String
    /// Cases with the number of their trials.
    package var idle: [(case: FanOutCase, trials: Int)] = []
    package var fast: [(case: FanOutCase, trials: Int)] = []
    package var stalled: [(case: FanOutCase, trials: Int)] = []
    package var handshakes: [(case: HandshakeCase, trials: Int)] = []
    package var ceilings: [(case: CeilingCase, trials: Int)] = []
    package var resumes: [ResumeGroup] = []
    package var snapshots: [SnapshotGroup] = []
    package var lags: [(case: LagCase, trials: Int)] = []
    package var faults: [(case: FaultsCase, trials: Int)] = []
    package var timing = FanOutScenario.Timing()
    /// Length of one handshake trial, in seconds.
    package var handshakeSeconds = 0.5
    /// Keys that the load touches.
    package var keys: UInt64 = 10_000
    /// What a stalled replica has ahead of it, in bytes.
    package var pendingBytes = 64 << 20
    /// The bundled engine alone goes on to so many idle replicas, to show its scale.
    package var idleBeyond: [Int] = []

    /// Under 50 s per target on two processors: the cases that the headline figures need, three times; the rest once.
    package static var quick: Suite {
        var suite = Suite(name: "quick")
        suite.idle = [0, 1, 2, 4, 8, 16, 32, 64].map { (FanOutCase(.idle, replicas: $0, valueSize: 1024), 2) }
        suite.idleBeyond = [256, 1000]
        for valueSize in [64, 1024] {
            for replicas in [0, 1, 4, 16] {
                let isHeadline = valueSize == 1024 && replicas != 1
                suite.fast.append((FanOutCase(.fast, replicas: replicas, valueSize: valueSize), isHeadline ? 3 : 1))
            }
        }
        suite.fast += [2, 8].map { (FanOutCase(.fast, replicas: $0, valueSize: 1024), 1) }
        suite.fast += [0, 16].map { replicas in
            var single = FanOutCase(.fast, replicas: replicas, valueSize: 1024)
            single.pipeline = 1
            return (single, 3)
        }
        suite.stalled = Self.stalledCases([1, 32], trials: 1)
        suite.handshakes = [
            (HandshakeCase(.tip, concurrency: 1), 3), (HandshakeCase(.tip, concurrency: 8), 3),
            (HandshakeCase(.minimal, concurrency: 8), 1),
            (HandshakeCase(.behind, concurrency: 8), 1), (HandshakeCase(.malformed, concurrency: 8), 1),
            (HandshakeCase(.storm, concurrency: 200), 1),
        ]
        suite.resumes = ResumeGroup.quick
        suite.snapshots = SnapshotGroup.quick
        suite.ceilings = Self.allCeilings
        return suite
    }

    /// The whole grid with five trials each: some minutes per target.
    package static var standard: Suite {
        var suite = Suite(name: "standard")
        suite.idle = [0, 1, 2, 4, 8, 16, 32, 64].map { (FanOutCase(.idle, replicas: $0, valueSize: 1024), 5) }
        suite.idleBeyond = [256, 1000]
        suite.timing.measure = 2
        suite.timing.warmUp = 0.5
        suite.handshakeSeconds = 2
        for valueSize in [64, 1024] {
            for pipeline in [1, 64] {
                for replicas in [0, 1, 2, 4, 8, 16] {
                    var fanOut = FanOutCase(.fast, replicas: replicas, valueSize: valueSize)
                    fanOut.pipeline = pipeline
                    suite.fast.append((fanOut, 5))
                }
            }
        }
        suite.fast += [FanOutCase.Kind.slow, .flapping, .late, .silent].map {
            (FanOutCase($0, replicas: 8, valueSize: 1024), 3)
        }
        suite.stalled = Self.stalledCases([0, 1, 8, 32], trials: 3)
        suite.handshakes = [1, 8].flatMap { concurrency in
            [HandshakeCase.Kind.tip, .minimal, .behind, .malformed].map {
                (HandshakeCase($0, concurrency: concurrency), 5)
            }
        }
        suite.handshakes += [200, 1000].map { (HandshakeCase(.storm, concurrency: $0), 3) }
        suite.resumes = ResumeGroup.standard
        suite.snapshots = SnapshotGroup.standard
        suite.lags = LagCase.all(trials: 5)
        suite.ceilings = Self.allCeilings
        return suite
    }

    /// Returning replicas alone, over the whole grid.
    package static var resume: Suite {
        var suite = Suite(name: "resume")
        suite.resumes = ResumeGroup.standard
        return suite
    }

    /// Full copies alone.
    package static var snapshot: Suite {
        var suite = Suite(name: "snapshot")
        suite.snapshots = SnapshotGroup.own
        return suite
    }

    /// Copies to live replicas alone, in twelve pairs.
    package static var live: Suite {
        var suite = Suite(name: "live")
        suite.snapshots = SnapshotGroup.live
        return suite
    }

    /// Lag of replicas under load alone.
    package static var lag: Suite {
        var suite = Suite(name: "lag")
        suite.lags = LagCase.all(trials: 2)
        return suite
    }

    /// Faults on a timeline alone.
    package static var faults: Suite {
        var suite = Suite(name: "faults")
        suite.faults = FaultsCase.all(trials: 2)
        return suite
    }

    /// Takes out the cases with an empty page cache; returns whether there were any.
    mutating func leaveOutColdCache() -> Bool {
        let hasAny = self.resumes.contains(where: \.withColdCache)
        for place in self.resumes.indices { self.resumes[place].withColdCache = false }
        return hasAny
    }

    private static var allCeilings: [(case: CeilingCase, trials: Int)] {
        [64, 1024].flatMap { size in [4, 16].map { (CeilingCase(sockets: $0, valueSize: size), 1) } }
    }

    private static func stalledCases(_ replicas: [Int], trials: Int) -> [(case: FanOutCase, trials: Int)] {
        [EngineSettings.FanOut.shared, .copy].flatMap { fanOut in
            replicas.map { count in
                var stalled = FanOutCase(.stalled, replicas: count, valueSize: 1024)
                stalled.fanOut = fanOut
                return (stalled, trials)
            }
        }
    }

    /// The suite with only these replica counts, this value size or this number of trials.
    package func narrowed(replicas: [Int]?, valueSize: Int?, trials: Int?) -> Suite {
        var suite = self
        func keep(_ fanOut: FanOutCase) -> Bool {
            (replicas?.contains(fanOut.replicas) ?? true) && (valueSize.map { $0 == fanOut.valueSize } ?? true)
        }
        func narrowed(_ cases: [(case: FanOutCase, trials: Int)]) -> [(case: FanOutCase, trials: Int)] {
            cases.filter { keep($0.case) }.map { ($0.case, trials ?? $0.trials) }
        }
        suite.idle = narrowed(self.idle)
        suite.fast = narrowed(self.fast)
        suite.stalled = narrowed(self.stalled)
        suite.handshakes = self.handshakes.map { ($0.case, trials ?? $0.trials) }
        suite.ceilings = self.ceilings.map { ($0.case, trials ?? $0.trials) }
        if let trials { for place in suite.resumes.indices { suite.resumes[place].trials = trials } }
        suite.lags = self.lags.filter { entry in
            (replicas?.contains(entry.case.replicas) ?? true) && (valueSize.map { $0 == entry.case.valueSize } ?? true)
        }
        .map { ($0.case, trials ?? $0.trials) }
        suite.faults = self.faults.filter { replicas?.contains($0.case.replicas) ?? true }
            .map { ($0.case, trials ?? $0.trials) }
        for place in suite.snapshots.indices { suite.snapshots[place].narrow(replicas, valueSize, trials) }
        if replicas != nil { suite.idleBeyond = [] }
        return suite
    }
}
