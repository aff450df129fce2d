// The highest rate of writes at which clients' latency keeps a limit. Every trial is one of the fan-out in the open loop, at the
// rate that the search asks for; the last one that held is the answer, with its percentiles.

import Measurement
package import Workload

package struct FindMax {
    package static let scenario = "find-max"

    /// Where a search begins: far below what a server does, so that the first trials are calm.
    private static let firstRate = 10_000
    private static let warmUpSeconds = 0.4
    private static let seconds = 1.2
    /// Of the curve at the rate that was found.
    private static let curve = [
        ("p50", 50.0), ("p75", 75), ("p90", 90), ("p95", 95), ("p99", 99), ("p99.9", 99.9), ("p99.99", 99.99),
        ("max", 100),
    ]

    private let limit: LatencyLimit
    private let recorder: RunRecorder
    private let tell: (BenchEvent) -> Void

    package init(_ limit: LatencyLimit, recorder: RunRecorder, tell: @escaping (BenchEvent) -> Void) {
        self.limit = limit
        self.recorder = recorder
        self.tell = tell
    }

    /// The cases that a search makes of a suite: those of the fan-out under load, each once, whatever their rate.
    package static func cases(of suite: Suite) -> [FanOutCase] {
        var cases: [FanOutCase] = []
        for entry in suite.entries {
            guard case .fast(var fanOut) = entry.work else { continue }
            let usual = LoadCase(valueSize: 1024)
            (fanOut.load.rate, fanOut.load.pipeline) = (nil, usual.pipeline)
            if !cases.contains(fanOut) { cases.append(fanOut) }
        }
        return cases
    }

    /// Searches for every case on every target, one after the other.
    package func run(_ cases: [FanOutCase], on targets: [TargetSpecification]) throws(HarnessError) {
        var suite = Suite(name: Self.scenario)
        suite.entries = cases.map { Suite.Entry(Plan.Work($0), trials: 1) }
        var runner = TrialRunner(suite, recorder: self.recorder, seed: self.recorder.record.seed, tell: self.tell)
        defer { runner.stop() }
        do throws(HarnessError) {
            for one in cases {
                for target in targets { try self.search(one, target, &runner) }
            }
        } catch {
            if error.code != .interrupted { self.recorder.invalidate(error.message) }
            self.recorder.finish(interrupted: error.code == .interrupted)
            throw error
        }
        self.recorder.finish(interrupted: false)
    }

    private func search(
        _ fanOut: FanOutCase,
        _ target: TargetSpecification,
        _ runner: inout TrialRunner
    ) throws(HarnessError) {
        var one = fanOut
        (one.warmUpSeconds, one.seconds, one.isProbe) = (Self.warmUpSeconds, Self.seconds, true)
        var search = RateSearch(from: Self.firstRate)
        var held: [Int: Trial] = [:]
        while let rate = search.rate {
            try Interruption.check()
            one.load.rate = rate
            let title = "\(Self.scenario) \(self.limit) \(target) at \(rate) writes/s"
            let remaining = Double(RateSearch.trialLimit / 4 - min(search.trials, RateSearch.trialLimit / 4))
            self.tell(
                .trialBegan(title, place: search.trials + 1, of: RateSearch.trialLimit, remainingSeconds: remaining * 2)
            )
            let trial = try runner.run(.fast(one), on: target)
            let outcome = self.judge(trial)
            if outcome == .holds { held[rate] = trial }
            search.enter(outcome)
            self.record(trial, one, target, rate: rate, outcome)
        }
        self.conclude(search.answer, held, one, target)
    }

    /// What a trial shows. Where the generator's own lateness takes up half of the limit, nothing is known of the server.
    private func judge(_ trial: Trial) -> RateSearch.Outcome {
        let allowed = self.limit.microseconds
        func value(_ metric: String) -> Double {
            trial.samples.first { $0.metric == metric && $0.stat == self.limit.statistic.rawValue }?.value ?? .infinity
        }
        if value("response") < allowed { return .holds }
        return value("generator_lateness") > allowed / 2 ? .generatorLimited : .exceeds
    }

    private func parameters(_ one: FanOutCase, rate: Int?) -> [Parameter] {
        var one = one
        one.load.rate = rate ?? 1
        let own = one.parameters.filter { rate != nil || $0.name != "write_rate" }
        return [Parameter("limit", self.limit)] + own.filter { !["fan_out", "pipeline", "loop"].contains($0.name) }
    }

    private func record(
        _ trial: Trial,
        _ one: FanOutCase,
        _ target: TargetSpecification,
        rate: Int,
        _ outcome: RateSearch.Outcome
    ) {
        var trial = trial
        trial.add("limit_held", outcome == .holds ? 1 : 0, unit: "count", better: .neither)
        self.recorder.add(
            trial,
            scenario: Self.scenario,
            target: target.description,
            parameters: self.parameters(one, rate: rate),
            expected: ["response", "limit_held"]
        )
    }

    /// Enters the answer as a case of its own, with the percentiles of the trial that it rests on.
    private func conclude(
        _ answer: RateSearch.Answer,
        _ held: [Int: Trial],
        _ one: FanOutCase,
        _ target: TargetSpecification
    ) {
        var trial = Trial()
        if let holding = answer.holding {
            trial.add("highest_rate", Double(holding), unit: "1/s", better: .higher)
            if let failing = answer.failing {
                trial.add("highest_rate", Double(failing), unit: "1/s", better: .higher, stat: "bound")
            }
            if let counts = held[holding].flatMap(Self.response) {
                for (stat, percentile) in Self.curve {
                    let value = counts.value(atPercentile: percentile).map { Double($0) / 1000 }
                    trial.add("response", value, unit: "us", better: .lower, stat: stat)
                }
                trial.add("response", counts.mean.map { $0 / 1000 }, unit: "us", better: .lower, stat: "mean")
            }
        }
        trial.phaseEnded(Trial.measurePhase)
        self.recorder.note(self.sentence(answer, target))
        self.recorder.add(
            trial,
            scenario: Self.scenario,
            target: target.description,
            parameters: self.parameters(one, rate: nil),
            expected: answer.holding == nil ? [] : ["highest_rate", "response"]
        )
    }

    private static func response(_ trial: Trial) -> HistogramCounts? {
        try? trial.histograms.first { $0.metric == "response" }?.counts()
    }

    private func sentence(_ answer: RateSearch.Answer, _ target: TargetSpecification) -> String {
        guard let holding = answer.holding else {
            return "\(target) does not keep \(self.limit) even at \(RateSearch.lowest) writes/s."
        }
        guard let failing = answer.failing else { return "\(target) keeps \(self.limit) at every rate that was tried." }
        let limit = answer.isGeneratorLimited ? ", where the generator and not the server was the limit" : ""
        return "\(target) keeps \(self.limit) up to \(holding) writes/s, and no longer at \(failing)\(limit)."
    }
}
