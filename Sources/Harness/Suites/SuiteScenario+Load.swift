// Scenarios under load: fan-out and lag.

import Workload

extension SuiteScenario {
    static let fanOutNames =
        ["behaviour", "replicas", "fan-out", "bystanders", "warm-up", "seconds", "settle", "pending"] + Self.loadNames

    func fanOuts() throws(HarnessError) -> [Plan.Work] {
        var base = FanOutCase(.fast, replicas: 0, valueSize: 1024)
        base.warmUpSeconds = try self.fields.value("warm-up", SuiteReadings.decimal(0...600)) ?? base.warmUpSeconds
        base.seconds = try self.fields.value("seconds", Self.seconds) ?? base.seconds
        base.settleSeconds = try self.fields.value("settle", SuiteReadings.number(1...600))
        let pending = SuiteReadings.number((1 << 20)...(200 << 20))
        base.pendingBytes = try self.fields.value("pending", pending) ?? base.pendingBytes
        var cases = self.spread([base], \.load, try self.loads(like: base.load))
        cases = self.spread(cases, \.load.rate, try self.load("write-rate", Self.rate))
        cases = self.spread(cases, \.kind, try self.fields.axis("behaviour", SuiteReadings.word(FanOutCase.Kind.self)))
        let modes = try self.fields.axis("fan-out", SuiteReadings.word(EngineSettings.FanOut.self))
        cases = self.spread(cases, \.fanOut, modes)
        cases = self.spread(cases, \.bystanders, try self.fields.axis("bystanders", SuiteReadings.bystanders))
        cases = self.spread(cases, \.replicas, try self.fields.axis("replicas", SuiteReadings.replicas))
        var works: [Plan.Work] = []
        for one in cases { works.append(Plan.Work(try self.sensible(one))) }
        return works
    }

    /// The case without what does not count in it.
    private func sensible(_ one: FanOutCase) throws(HarnessError) -> FanOutCase {
        var one = one
        if one.kind != .stalled {
            one.pendingBytes = FanOutCase.defaultPendingBytes
            guard one.fanOut == .shared else {
                throw self.source.error(at: self.fields.node, "'fan-out: copy' is measured with 'behaviour: stalled'")
            }
        }
        if one.kind != .idle { one.settleSeconds = nil }
        switch one.kind {
        case .idle, .stalled:
            guard one.bystanders.isEmpty else {
                throw self.source.error(at: self.fields.node, "bystanders take no part where memory is measured")
            }
            guard one.kind == .idle || (one.load.rate == nil && one.load.mix.isPlain) else {
                throw self.source.error(
                    at: self.fields.node,
                    "'behaviour: stalled' measures the memory behind a set amount of SETs, without write-rate and mix; to have "
                        + "stalled replicas beside others write 'bystanders: {stalled: 1}'"
                )
            }
            let size = one.load.sizes
            if one.kind == .idle { one.load = LoadCase(size) }
            let usual = FanOutCase(one.kind, replicas: 0, valueSize: 1024)
            (one.seconds, one.warmUpSeconds) = (usual.seconds, usual.warmUpSeconds)
        case .fast, .slow, .flapping, .late, .silent:
            guard let rate = one.load.rate else { return one }
            one.load.pipeline = LoadCase(valueSize: 1024).pipeline
            guard one.kind.behaviour.fallsBehind || one.bystanders.fallBehind else { return one }
            try self.checkRoom(rate: rate, one.load, seconds: one.loadSeconds)
        }
        return one
    }

    static let lagNames =
        ["receiver", "ceiling-share", "replicas", "behaviour", "bystanders", "seconds"] + Self.loadNames

    func lags() throws(HarnessError) -> [Plan.Work] {
        var base = LagCase(.live, .rate(50_000))
        base.seconds = try self.fields.value("seconds", Self.seconds) ?? base.seconds
        var cases = self.spread([base], \.load, try self.loads(like: base.load))
        cases = self.spread(cases, \.pace, try self.paces())
        let receivers = SuiteReadings.word(SnapshotCase.Receiver.self)
        cases = self.spread(cases, \.receiver, try self.fields.axis("receiver", receivers))
        let behaviours = SuiteReadings.word(BehaviourKind.self, [.fast, .slow, .flapping, .late, .silent])
        cases = self.spread(cases, \.behaviour, try self.fields.axis("behaviour", behaviours))
        cases = self.spread(cases, \.bystanders, try self.fields.axis("bystanders", SuiteReadings.bystanders))
        cases = self.spread(cases, \.replicas, try self.fields.axis("replicas", SuiteReadings.number(1...1000)))
        for one in cases {
            guard one.receiver == .discarding || one.behaviour == .fast else {
                throw self.source.error(
                    at: self.fields.node,
                    "a live replica has no other behaviour than its own; use 'receiver: discarding', or bystanders"
                )
            }
            if case .rate(let rate) = one.pace, one.behaviour.fallsBehind || one.bystanders.fallBehind {
                try self.checkRoom(rate: rate, one.load, seconds: one.seconds + 1)
            }
        }
        return cases.map { .lag($0) }
    }

    private func paces() throws(HarnessError) -> [LagCase.Pace]? {
        let shares = try self.fields.axis("ceiling-share", SuiteReadings.number(1...95))
        let rates = try self.load("write-rate", Self.rate)
        let paces = (rates ?? []).map(LagCase.Pace.rate) + (shares ?? []).map(LagCase.Pace.share)
        return paces.isEmpty ? nil : paces
    }
}
