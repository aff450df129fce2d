// Scenarios of arriving and returning replicas, of full copies, and of the machine itself.

import Workload

extension SuiteScenario {
    static let handshakeNames = ["kind", "concurrency", "behaviour", "seconds"]

    func handshakes() throws(HarnessError) -> [Plan.Work] {
        var base = HandshakeCase(.tip, concurrency: 1)
        base.seconds = try self.fields.value("seconds", Self.seconds) ?? base.seconds
        let kinds = try self.fields.axis("kind", SuiteReadings.word(HandshakeCase.Kind.self))
        var cases = self.spread([base], \.kind, kinds)
        let behaviours = SuiteReadings.word(BehaviourKind.self, [.fast, .slow, .stalled, .flapping, .silent])
        cases = self.spread(cases, \.behaviour, try self.fields.axis("behaviour", behaviours))
        cases = self.spread(cases, \.concurrency, try self.fields.axis("concurrency", SuiteReadings.number(1...10_000)))
        for one in cases where one.kind != .storm && one.behaviour != .fast {
            throw self.source.error(at: self.fields.node, "only the replicas of a storm stay, and so behave")
        }
        return cases.map { .handshake($0) }
    }

    static let resumeNames = [
        "log-records", "distance", "index-interval", "backlog-size", "cache", "replicas", "behaviour", "bystanders",
    ]

    func resumes() throws(HarnessError) -> [Plan.Work] {
        let lengths = try self.fields.axis("log-records", SuiteReadings.count(2...100_000_000)) ?? [10_000]
        let distances = try self.fields.axis("distance", SuiteReadings.count(1...100_000_000)) ?? [1000]
        var cases = lengths.flatMap { records in
            distances.filter { $0 < records }.map { ResumeCase(records: records, distance: $0) }
        }
        let intervals = try self.fields.axis("index-interval", SuiteReadings.number(1...1_000_000))
        cases = self.spread(cases, \.engine.indexInterval, intervals)
        let backlogs = try self.fields.axis("backlog-size", SuiteReadings.number((1 << 20)...(4 << 30)))
        cases = self.spread(cases, \.engine.backlogBytes, backlogs)
        cases = self.spread(cases, \.cache, try self.fields.axis("cache", SuiteReadings.word(ResumeCase.Cache.self)))
        let behaviours = SuiteReadings.word(BehaviourKind.self, [.fast, .slow, .flapping, .silent])
        cases = self.spread(cases, \.behaviour, try self.fields.axis("behaviour", behaviours))
        cases = self.spread(cases, \.bystanders, try self.fields.axis("bystanders", SuiteReadings.bystanders))
        cases = self.spread(cases, \.replicas, try self.fields.axis("replicas", SuiteReadings.number(1...10_000)))
        for one in cases where one.behaviour != .fast && !one.isStorm {
            throw self.source.error(
                at: self.fields.node,
                "a single replica is timed visit by visit and has no behaviour; give several 'replicas' that come back at once"
            )
        }
        // What is in memory is not in the page cache.
        return cases.filter { $0.cache == .warm || $0.source == .disk }.map { .resume($0) }
    }

    static let snapshotNames = [
        "keys", "value-size", "chunk-size", "receiver", "transfer", "replicas", "write-rate", "arrival", "behaviour",
        "bystanders",
    ]

    func snapshots() throws(HarnessError) -> [Plan.Work] {
        let base = SnapshotCase(SnapshotCase.DataSet(keys: 100_000, valueSize: 100))
        let keys = SuiteReadings.count(1000...SuiteReadings.keyCounts.upperBound)
        var cases = self.spread([base], \.data.keys, try self.fields.axis("keys", keys))
        cases = self.spread(cases, \.data.valueSize, try self.fields.axis("value-size", SuiteReadings.valueSize))
        let chunks = try self.fields.axis("chunk-size", SuiteReadings.number(1024...(64 << 20)))
        cases = self.spread(cases, \.data.chunkBytes, chunks?.map(Optional.some))
        let receivers = SuiteReadings.word(SnapshotCase.Receiver.self)
        cases = self.spread(cases, \.receiver, try self.fields.axis("receiver", receivers))
        let transfers = SuiteReadings.word(SnapshotCase.Transfer.self)
        cases = self.spread(cases, \.transfer, try self.fields.axis("transfer", transfers))
        cases = self.spread(
            cases,
            \.writeRate,
            try self.fields.axis("write-rate", SuiteReadings.number(0...10_000_000))
        )
        cases = self.spread(cases, \.arrival, try self.fields.axis("arrival", SuiteReadings.word(Arrival.self)))
        let behaviours = SuiteReadings.word(BehaviourKind.self, [.fast, .slow, .late])
        cases = self.spread(cases, \.behaviour, try self.fields.axis("behaviour", behaviours))
        cases = self.spread(cases, \.bystanders, try self.fields.axis("bystanders", SuiteReadings.bystanders))
        cases = self.spread(cases, \.replicas, try self.fields.axis("replicas", SuiteReadings.number(1...1000)))
        for one in cases where one.receiver == .live && (one.replicas > 1 || one.behaviour != .fast) {
            throw self.source.error(
                at: self.fields.node,
                "a copy to a live replica is taken by one alone, which behaves as it is; use 'receiver: discarding'"
            )
        }
        return cases.map { .snapshot($0) }
    }

    static let faultsNames = ["faults", "write-rate", "value-size", "replicas"]

    func faults() throws(HarnessError) -> [Plan.Work] {
        _ = try self.fields.required("faults", of: "a faults scenario")
        let schedules = try self.fields.axis("faults") { (node, source) throws(HarnessError) in
            let text = try SuiteReadings.text(node, source)
            do throws(HarnessError) {
                return try FaultSchedule(parsing: text)
            } catch {
                throw source.error(at: node, error.message)
            }
        }
        var cases = (schedules ?? []).map(FaultsCase.init)
        cases = self.spread(cases, \.writeRate, try self.fields.axis("write-rate", Self.rate))
        cases = self.spread(cases, \.valueSize, try self.fields.axis("value-size", SuiteReadings.valueSize))
        cases = self.spread(cases, \.replicas, try self.fields.axis("replicas", SuiteReadings.number(1...1000)))
        return cases.map { .faults($0) }
    }

    static let ceilingNames = ["sockets", "value-size"]

    func ceilings() throws(HarnessError) -> [Plan.Work] {
        let base = CeilingCase(sockets: 4, valueSize: 1024)
        var cases = self.spread([base], \.sockets, try self.fields.axis("sockets", SuiteReadings.number(1...1000)))
        cases = self.spread(cases, \.valueSize, try self.fields.axis("value-size", SuiteReadings.valueSize))
        return cases.map { .ceiling($0) }
    }
}
