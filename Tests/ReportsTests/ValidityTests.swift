import Measurement
import Testing

@testable import Reports

@Suite("Validity of a run")
struct ValidityTests {
    @Test("a complete run is valid")
    func valid() {
        #expect(Validity(of: SampleRun.record()).reasons == [])
    }

    @Test("a missing expected metric voids the run and names metric, case and trial")
    func missing() throws {
        var record = SampleRun.record()
        let place = try #require(record.cases.firstIndex { $0.parameter("behaviour") == "fast" })
        record.cases[place].trials[1].samples.removeAll { $0.metric == "write_rate" }
        let reason = try #require(Validity(of: record).reasons.first)
        #expect(reason == "the expected metric write_rate is missing: \(record.cases[place].id) trial 2")
    }

    @Test("a metric that the target cannot give is not missing")
    func unsupported() throws {
        var record = SampleRun.record()
        let place = try #require(record.cases.firstIndex { $0.parameter("behaviour") == "fast" })
        record.cases[place].unsupported = ["write_rate": "the server does not tell"]
        for trial in record.cases[place].trials.indices {
            record.cases[place].trials[trial].samples.removeAll { $0.metric == "write_rate" }
        }
        #expect(Validity(of: record).isValid)
    }

    @Test("an invalid trial gives its own reason and not every metric that it lacks")
    func invalidTrial() {
        var record = SampleRun.record()
        record.cases[0].trials[0].invalid = ["a connection was lost"]
        record.cases[0].trials[0].samples = []
        #expect(Validity(of: record).reasons == ["a connection was lost: \(record.cases[0].id) trial 1"])
    }

    @Test("the same reason in many trials is one line with a count")
    func grouped() {
        var record = SampleRun.record()
        for place in 0..<6 { record.cases[place].trials[0].invalid = ["verification failed"] }
        let reasons = Validity(of: record).reasons
        #expect(reasons.count == 1)
        #expect(reasons[0].hasSuffix(" and 2 more"))
    }

    @Test("a case without trials voids a run, unless the run was interrupted")
    func noTrials() {
        var record = SampleRun.record()
        record.cases[3].trials = []
        #expect(Validity(of: record).reasons == ["no trial was recorded: \(record.cases[3].id)"])
        record.interrupted = true
        #expect(Validity(of: record).isValid)
    }

    @Test("a run without cases, or with a case twice, is invalid")
    func degenerate() {
        var record = SampleRun.record()
        record.cases.append(record.cases[0])
        #expect(Validity(of: record).reasons == ["the case is in the record twice: \(record.cases[0].id)"])
        record.cases = []
        #expect(Validity(of: record).reasons == ["the run has no cases"])
    }
}
