import Measurement
import Primitives
import Testing

@testable import Harness

@Suite("What counting tools print")
struct ToolOutputTests {
    private static let allocator = """
        signal=15 stopping
        ___ Begin jemalloc statistics ___
        Allocated: 1150192, active: 1462272, metadata: 2460368 (n_thp 0), resident: 4091904
                                    allocated         nmalloc   (#/sec)         ndalloc   (#/sec)
        small:                         392432           23910     23910            8899      8899
        large:                         757760              12        12               3         3
        total:                        1150192           23922     23922            8902      8902
        bins:           size ind    allocated      nmalloc (#/sec)      ndalloc (#/sec)    nrequests
                           8   0         4656         1956    1956         1374    1374         1956
                             ---
                          32   2        66560           10      10         4295    4295         6375
        large:          size ind    allocated      nmalloc (#/sec)      ndalloc (#/sec)
                       16384  36        49152            5       5            2       2
                             ---
                       65536  44        65536            1       1            0       0
        --- End jemalloc statistics ---
        """

    @Test("what an allocator handed out is the sum over its size classes, small and large")
    func allocations() throws {
        let output = try #require(AllocatorOutput(parsing: Self.allocator))
        #expect(output.blocks == 1956 + 10 + 5 + 1)
        #expect(output.bytes == 1956 * 8 + 10 * 32 + 5 * 16384 + 65536)
    }

    @Test("a text without the tables is no count", arguments: ["", "ready\nstopping\n", "bins: size ind a b c\n"])
    func noAllocations(text: String) {
        #expect(AllocatorOutput(parsing: text) == nil)
    }

    @Test("system calls are counted by name, with or without a column of errors")
    func systemCalls() throws {
        let text = """
            % time     seconds  usecs/call     calls    errors syscall
            ------ ----------- ----------- --------- --------- ----------------
             30.16    0.000568         284         2           getdents64
             13.17    0.000248           8        30        13 openat
            ------ ----------- ----------- --------- --------- ----------------
            100.00    0.000816          25        32        13 total
            """
        let output = try #require(SystemCallOutput(parsing: text))
        #expect(output.calls == ["getdents64": 2, "openat": 30])
        #expect(output.total == 32)
        #expect(SystemCallOutput(parsing: "strace: attach: ptrace: Operation not permitted") == nil)
    }

    @Test("instructions are those of the last total in a profile")
    func instructions() {
        #expect(InstructionOutput.count(parsing: "events: Ir\nfn=(1)\n5 3\n\ntotals: 4711\n") == 4711)
        #expect(InstructionOutput.count(parsing: "summary: 12\n") == 12)
        #expect(InstructionOutput.count(parsing: "fn=(1)\n5 3\n") == nil)
    }
}

@Suite("Cases of a comparison")
struct PairedCaseTests {
    @Test("with replicas a delivery's price is judged, not a write's as well: that would be one change counted twice")
    func gates() {
        let promised: Set = ["write_rate", "write_latency", "primary_cpu_per_write", "delivered_rate", "rss"]
        #expect(
            PairedCase.gates(promised).map(\.metric) == ["primary_cpu_per_write", "write_rate", "write_latency", "rss"]
        )
        #expect(
            PairedCase.gates(promised.union(["primary_cpu_per_delivery"])).map(\.metric)
                == ["primary_cpu_per_delivery", "write_rate", "write_latency", "rss"]
        )
    }

    @Test("the gate suite has each case once, and so few timings that the first look can decide on any of them")
    func gateSuite() {
        var generator = SeededGenerator(seed: 1)
        let cases = PairedCase.all(of: .gate, .bundled, .bundled, &generator)
        #expect(cases.count == 4)
        #expect(Set(cases.map(\.name)).count == 4)
        let strictest = Looks.standard.levelPerLook / Double(cases.flatMap(\.gates).count)
        #expect(SignedRankDistribution(count: Looks.standard.pairs[0]).probability(atMost: 0) <= strictest)
    }

    @Test("an invalid trial says nothing of any metric")
    func invalid() {
        let gate = GatedMetric("write_rate", .timing(margin: 0.03))
        var trial = Trial()
        trial.add("write_rate", 5, unit: "1/s", better: .higher)
        #expect(trial.figures([gate])[gate] == .init(5, isLowerBetter: false))
        trial.invalidate(["a connection was lost"])
        #expect(trial.figures([gate]).isEmpty)
    }
}
