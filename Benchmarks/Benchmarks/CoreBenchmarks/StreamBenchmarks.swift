import Benchmark
import Primitives
import RESP
import Replication

/// Append to the backlog, with links that take all they are given at the end of each turn.
func streamBenchmarks() {
    for links in [0, 1, 16] {
        for valueBytes in [64, 1024] {
            for perTurn in [1, 64] {
                let size = valueBytes == 64 ? "64B" : "1KiB"
                Benchmark(
                    "Stream.append.links\(links).\(size).turn\(perTurn)",
                    configuration: Trial.givingOrTakingAChunk
                ) { (benchmark, bench: StreamBench) in
                    bench.run(benchmark)
                } setup: {
                    StreamBench(links: links, valueBytes: valueBytes, perTurn: perTurn)
                }
            }
        }
    }
}

private final class StreamBench {
    private let requests: Requests
    private var stream: Replication.Stream
    private let linkCount: Int
    private var delivered = 0

    init(links: Int, valueBytes: Int, perTurn: Int) {
        self.requests = Requests(.set, valueBytes: valueBytes, perTurn: perTurn)
        self.linkCount = links
        self.stream = Replication.Stream(history: .none, options: .benchmark)
        for number in 0..<links {
            self.stream.linkOpened(
                number: UInt64(number + 1),
                transport: Int32(number),
                request: HandshakeRequest(position: 0, id: "replica-\(number)"),
                plan: .resume(.tip),
                now: 0
            )
        }
        // Steady is a stream whose oldest chunks leave as new ones come.
        while self.stream.backlog.oldest == 0 { self.runTurn() }
    }

    func run(_ benchmark: Benchmark) {
        let turns = Trial.operations / self.requests.perTurn
        let before = self.delivered
        let frameBytes = self.requests.command(0).length
        Trial.measure(benchmark, operations: Trial.operations) {
            for _ in 0..<turns { self.runTurn() }
        }
        precondition(self.delivered - before > self.linkCount * Trial.operations * frameBytes - 1, "frames were lost")
    }

    private func runTurn() {
        for index in 0..<self.requests.perTurn { self.stream.backlog.append(self.requests.command(index).encoded) }
        var delivered = 0
        while self.stream.send(
            now: 1,
            { _, _, bytes in
                delivered += bytes.count
                return .took(bytes.count)
            }
        ) {}
        self.delivered += delivered
    }
}

extension StreamOptions {
    /// A backlog that is full after a moment, of chunks as large as the default's.
    static var benchmark: StreamOptions {
        var options = StreamOptions()
        options.backlogBytes = 8 << 20
        return options
    }
}
