// A small run with round figures, so that every expected text in these tests can be worked out by hand.

import Measurement

enum SampleRun {
    static let kibibyte = 1024.0
    static let mebibyte = 1_048_576.0

    static func record(servers: [String] = ["bundled", "redis"]) -> RunRecord {
        var record = RunRecord(
            name: "sample",
            suite: "quick",
            command: "sluice bench --suite quick --seed 7",
            startedAt: "2026-01-02T03:04:05Z",
            seed: 7
        )
        record.seconds = 83
        let products = ["bundled": "Sluice 0.1.0", "redis": "Redis 7.0.15"]
        record.targets = servers.map { TargetRecord(id: $0, product: products[$0] ?? $0, configuration: []) }
        record.environment = [EnvironmentSection(title: "Machine", facts: [Parameter("cores", 2)])]
        for server in servers {
            let slower = server == "redis" ? 2.0 : 1.0
            record.cases += [0, 8, 16].map { self.idle(server, replicas: $0, bytesEach: slower * 4 * self.kibibyte) }
            record.cases += [4, 16].map { self.fast(server, replicas: $0, slower: slower) }
            record.cases.append(self.stalled(server))
            record.cases.append(self.handshake(server, slower: slower))
            record.cases.append(self.storm(server, slower: slower))
            record.cases += [10_000, 1_000_000].map { self.resume(server, records: $0) }
        }
        if servers.contains("bundled") {
            record.cases += [0, 8, 16].map {
                self.idle("bundled", replicas: $0, bytesEach: 6 * self.kibibyte, fanOut: "copy")
            }
        }
        record.cases.append(self.ceiling())
        return record
    }

    /// One case whose trials each hold the samples that `values` scales.
    static func measured(
        _ scenario: String,
        _ target: String,
        _ parameters: [Parameter],
        expecting expected: [String] = [],
        unsupported: [String: String] = [:],
        trials: [[Sample]]
    ) -> CaseRecord {
        let words = parameters.map { "\($0.name)=\($0.value)" }.joined(separator: ",")
        return CaseRecord(
            id: "\(scenario)/\(target)/\(words)",
            scenario: scenario,
            target: target,
            parameters: parameters,
            expectedMetrics: expected,
            unsupported: unsupported,
            trials: trials.enumerated().map { TrialRecord(trial: $0.offset + 1, order: $0.offset, samples: $0.element) }
        )
    }

    static func idle(_ target: String, replicas: Int, bytesEach: Double, fanOut: String = "shared") -> CaseRecord {
        let bytes = 2 * self.mebibyte + bytesEach * Double(replicas)
        return self.measured(
            "fan-out",
            target,
            self.fanOut(replicas, "idle", fanOut),
            expecting: ["allocator_allocated"],
            trials: [[Sample("allocator_allocated", bytes, unit: "B", better: .lower)]]
        )
    }

    static func fast(_ target: String, replicas: Int, slower: Double) -> CaseRecord {
        self.measured(
            "fan-out",
            target,
            self.fanOut(replicas, "fast", "shared") + [Parameter("pipeline", 16)],
            expecting: ["write_rate", "delivered_rate", "primary_cpu_per_delivery", "write_latency"],
            trials: [0.99, 1, 1.01].map { wobble in
                [
                    Sample("write_rate", 100_000 / slower * wobble, unit: "1/s", better: .higher),
                    Sample("delivered_rate", 100_000 / slower * Double(replicas), unit: "1/s", better: .higher),
                    Sample("primary_cpu_per_delivery", 0.25 * slower * wobble, unit: "us", better: .lower),
                    Sample("write_latency", stat: "p50", 90 * slower, unit: "us", better: .lower),
                    Sample("write_latency", stat: "p99", 1500 * slower, unit: "us", better: .lower),
                ]
            }
        )
    }

    static func stalled(_ target: String) -> CaseRecord {
        let isOwn = target == "bundled"
        var samples = [
            Sample("allocator_allocated", 70 * self.mebibyte, unit: "B", better: .lower),
            Sample("bytes_pending_total", 2048 * self.mebibyte, unit: "B", better: .neither),
        ]
        if isOwn {
            samples.append(Sample("bytes_alive_in_chunks", 64 * self.mebibyte, unit: "B", better: .lower))
            samples.append(Sample("sharing_ratio", 32, unit: "ratio", better: .higher))
        }
        return self.measured(
            "fan-out",
            target,
            self.fanOut(32, "stalled", "shared"),
            expecting: ["allocator_allocated", "bytes_alive_in_chunks", "sharing_ratio"],
            unsupported: isOwn ? [:] : ["bytes_alive_in_chunks": "no such field", "sharing_ratio": "no such field"],
            trials: [samples]
        )
    }

    static func handshake(_ target: String, slower: Double) -> CaseRecord {
        let latencies = [("p50", 300.0), ("p90", 500), ("p99", 900), ("p99.9", 1200), ("max", 5000)]
        return self.measured(
            "handshake",
            target,
            [Parameter("kind", "tip"), Parameter("concurrency", 8)],
            expecting: ["handshake_rate", "handshake_latency"],
            trials: [
                [Sample("handshake_rate", 20_000 / slower, unit: "1/s", better: .higher)]
                    + latencies.map {
                        Sample("handshake_latency", stat: $0.0, $0.1 * slower, unit: "us", better: .lower)
                    }
            ]
        )
    }

    static func storm(_ target: String, slower: Double) -> CaseRecord {
        self.measured(
            "handshake",
            target,
            [Parameter("kind", "storm"), Parameter("replicas", 1000)],
            trials: [[Sample("time_to_all_online", 0.125 * slower, unit: "s", better: .lower)]]
        )
    }

    static func resume(_ target: String, records: Int, cache: String = "warm") -> CaseRecord {
        let isOwn = target == "bundled"
        let parameters = [
            Parameter("source", "disk"), Parameter("log_records", records), Parameter("distance", 9000),
            Parameter("index_interval", isOwn ? "64" : "none"), Parameter("backlog_size", 1_048_576),
            Parameter("cache", cache),
        ]
        let share = Sample("full_resync_share", isOwn ? 0 : 1, unit: "ratio", better: .lower)
        let first = Sample(
            "first_frame",
            stat: "p50",
            records > 10_000 ? 220 : 200,
            unit: "us",
            better: .lower
        )
        return self.measured(
            "resume",
            target,
            parameters,
            expecting: isOwn ? ["first_frame", "full_resync_share"] : ["full_resync_share"],
            unsupported: isOwn ? [:] : ["first_frame": "no log"],
            trials: [isOwn ? [first, share] : [share]]
        )
    }

    static func ceiling() -> CaseRecord {
        self.measured(
            "ceiling",
            "machine",
            [Parameter("sockets", 16), Parameter("value_size", 1024)],
            trials: [[Sample("cpu_per_delivery", 0.2, unit: "us", better: .lower)]]
        )
    }

    private static func fanOut(_ replicas: Int, _ behaviour: String, _ fanOut: String) -> [Parameter] {
        [
            Parameter("replicas", replicas), Parameter("value_size", 1024), Parameter("behaviour", behaviour),
            Parameter("fan_out", fanOut),
        ]
    }
}
