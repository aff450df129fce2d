import Measurement
import Testing

@testable import Reports

@Suite("Verdict")
struct VerdictTests {
    private func verdict(_ record: RunRecord) -> String {
        Verdict(record, names: TargetNames(record), validity: Validity(of: record)).text
    }

    @Test("every sentence follows from the record")
    func golden() {
        #expect(
            self.verdict(SampleRun.record()) == """
                - A replica that has just come costs this engine **4.00 KiB** of memory; Redis 8.00 KiB.
                - With 16 replicas (1 KiB values, pipeline 16) the primary spends **0.250 µs** of processor time per \
                delivered mutation, 0.50× Redis's 0.500 µs; the machine's ceiling is 0.200 µs.
                - Clients get **100 k/s** writes through with 16 replicas attached (1 KiB values, pipeline 16), 2.00× \
                Redis's 50.0 k/s.
                - While 32 stalled replicas wait, this engine keeps **64.0 MiB** for them where private copies would \
                hold 2.00 GiB, a sharing ratio of 32.0×.
                - Returning replicas are taken back at **20.0 k/s**, 2.00× Redis's 10.0 k/s, with 8 at a time, 99 % \
                within 900 µs.
                - When 1000 replicas arrive at once, all are online after **125 ms**, 0.50× Redis's 250 ms.
                - A replica that comes back 9 000 mutations behind has its first frame from disk after **220 µs** with \
                1 000 000 records in the log, 1.10× the time with 10 000; Redis answers 100 % of such replicas with a \
                full resync.
                """
        )
    }

    @Test("an engine alone gets its sentences without a comparison")
    func alone() {
        let text = self.verdict(SampleRun.record(servers: ["bundled"]))
        #expect(text.contains("A replica that has just come costs this engine **4.00 KiB** of memory."))
        #expect(!text.contains("Redis"))
    }

    @Test("a run of another server alone speaks of that server")
    func otherAlone() {
        let text = self.verdict(SampleRun.record(servers: ["redis"]))
        #expect(text.contains("A replica that has just come costs Redis **8.00 KiB** of memory."))
        #expect(!text.contains("this engine"))
    }

    @Test("an invalid run says INVALID and why before anything else")
    func invalid() {
        var record = SampleRun.record()
        record.invalid = ["a full resync happened that the scenario did not plan"]
        let text = self.verdict(record)
        #expect(text.hasPrefix("**INVALID: do not rely on the figures of this run.**\n\n- a full resync happened"))
    }

    @Test("an interrupted run says so")
    func interrupted() {
        var record = SampleRun.record(servers: ["bundled"])
        record.interrupted = true
        record.cases.removeLast(record.cases.count - 2)
        #expect(self.verdict(record).hasPrefix("**Interrupted**: the run was stopped after 2 trials."))
    }

    @Test("sentences without figures are left out, and nothing at all is said as such")
    func empty() {
        var record = SampleRun.record()
        record.cases.removeAll { $0.scenario != "ceiling" }
        #expect(self.verdict(record) == "This run holds no figure that a verdict could rest on.")
        let handshakes = SampleRun.record().cases.filter { $0.scenario == "handshake" }
        record.cases = handshakes
        #expect(self.verdict(record).split(separator: "\n").count == 2)
    }

    @Test("samples of invalid trials do not enter a sentence")
    func invalidTrial() throws {
        var record = SampleRun.record()
        let place = try #require(
            record.cases.firstIndex { $0.number("replicas") == 16 && $0.parameter("behaviour") == "fast" }
        )
        record.cases[place].trials[0].invalid = ["a connection was lost"]
        record.cases[place].trials[1].invalid = ["a connection was lost"]
        #expect(self.verdict(record).contains("**0.253 µs**"))
    }

    @Test("a ceiling with another number of sockets is named as such")
    func otherSockets() throws {
        var record = SampleRun.record()
        let place = try #require(record.cases.firstIndex { $0.scenario == "ceiling" })
        record.cases[place].parameters[0] = Parameter("sockets", 32)
        #expect(self.verdict(record).contains("ceiling is 0.200 µs (measured with 32 sockets)"))
    }

    @Test("what a replica costs once it has been idle is told beside what a newcomer costs")
    func settled() {
        var record = SampleRun.record()
        for server in ["bundled", "redis"] {
            record.cases += [0, 16, 64].map { replicas in
                var one = SampleRun.idle(server, replicas: replicas, bytesEach: 1024)
                one.parameters.append(Parameter("settle", 8))
                return one
            }
        }
        let text = self.verdict(record)
        #expect(text.contains("A replica that has just come costs this engine **4.00 KiB** of memory; Redis 8.00 KiB."))
        let settled = "A replica that has been idle for 8 s costs this engine **1.00 KiB** of memory; Redis 1.00 KiB."
        #expect(text.contains(settled))
    }

    @Test("a slope that its error swallows is a bound and not a figure")
    func uncertainSlope() {
        var record = SampleRun.record(servers: ["bundled"])
        for (place, bytes) in [(0, 1000.0), (1, 5000), (2, 900)] {
            record.cases[place].trials[0].samples = [Sample("allocator_allocated", bytes, unit: "B", better: .lower)]
        }
        #expect(self.verdict(record).contains("A replica that has just come costs this engine **less than"))
    }

    @Test("the case with the shortest pipeline stands beside the headline")
    func singleWrites() {
        var record = SampleRun.record()
        for server in ["bundled", "redis"] {
            var one = SampleRun.fast(server, replicas: 16, slower: server == "redis" ? 20 : 5)
            one.parameters[4] = Parameter("pipeline", 1)
            one.id += ",single"
            record.cases.append(one)
        }
        #expect(self.verdict(record).contains("; with pipeline 1: 20.0 k/s, 4.00× Redis's 5.00 k/s."))
    }
}
