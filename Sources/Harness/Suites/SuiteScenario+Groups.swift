// Scenarios of several nodes that are one service.

extension SuiteScenario {
    static let failoverNames = ["topology", "election", "heartbeat", "writers"]

    func failovers() throws(HarnessError) -> [Plan.Work] {
        let topologies = try self.fields.axis("topology", SuiteReadings.word(Topology.self)) ?? Topology.allCases
        var cases = topologies.map(FailoverCase.init)
        let elections = try self.fields.axis("election", SuiteReadings.word(GroupPolicy.self))
        cases = cases.flatMap { $0.topology == .channel ? self.spread([$0], \.election, elections) : [$0] }
        let heartbeats = SuiteReadings.number(100...300_000)
        cases = self.spread(cases, \.heartbeatMilliseconds, try self.fields.axis("heartbeat", heartbeats))
        cases = self.spread(cases, \.writers, try self.fields.axis("writers", SuiteReadings.number(1...64)))
        return cases.map { .failover($0) }
    }

    static let catchUpNames = ["topology", "class", "bytes", "value-size", "write-rate"]

    func catchUps() throws(HarnessError) -> [Plan.Work] {
        let topologies = try self.fields.axis("topology", SuiteReadings.word(Topology.self)) ?? Topology.allCases
        var cases = topologies.map(CatchUpCase.init)
        let classes = try self.fields.axis("class", SuiteReadings.word(CatchUpCase.Class.self))
        cases = cases.flatMap { $0.topology == .channel ? self.spread([$0], \.trafficClass, classes) : [$0] }
        let bytes = SuiteReadings.number((1 << 20)...(64 << 30))
        cases = self.spread(cases, \.bytes, try self.fields.axis("bytes", bytes))
        cases = self.spread(cases, \.valueSize, try self.fields.axis("value-size", SuiteReadings.valueSize))
        // 0: nobody writes beside it.
        let rates = SuiteReadings.number(0...10_000_000)
        cases = self.spread(cases, \.writeRate, try self.fields.axis("write-rate", rates))
        return cases.map { .catchUp($0) }
    }
}
