import Benchmark
import Keyspace
import Primitives
import RESP

/// SET of an existing key with a value of the same size, and GET, on commands that are parsed already.
func keyspaceBenchmarks() {
    for perTurn in [1, 64] {
        Benchmark("Keyspace.set.64B.turn\(perTurn)") { (benchmark, bench: KeyspaceBench) in
            bench.run(benchmark)
        } setup: {
            KeyspaceBench(.set, perTurn: perTurn)
        }
        Benchmark("Keyspace.get.64B.turn\(perTurn)") { (benchmark, bench: KeyspaceBench) in
            bench.run(benchmark)
        } setup: {
            KeyspaceBench(.get, perTurn: perTurn)
        }
    }
}

private final class KeyspaceBench {
    private let requests: Requests
    private let id: CommandID
    private var keyspace = Keyspace(seed: 42)
    private let writer = Writer()

    init(_ kind: Requests.Kind, perTurn: Int) {
        self.requests = Requests(kind, valueBytes: 64, perTurn: perTurn)
        self.id = kind == .set ? .set : .get
        let preload = Requests(.set, valueBytes: 64, perTurn: 1)
        for _ in 0..<Requests.keyCount {
            preload.renew()
            self.keyspace.execute(.set, preload.command(0), self.writer)
            self.keyspace.mutations.removeAll()
            self.writer.removeAll()
        }
        precondition(self.keyspace.count == Requests.keyCount, "the keys are not there")
    }

    func run(_ benchmark: Benchmark) {
        let turns = Trial.operations / self.requests.perTurn
        Trial.measure(benchmark, operations: Trial.operations) {
            for _ in 0..<turns { self.runTurn() }
        }
        precondition(self.keyspace.count == Requests.keyCount, "keys came or went")
        precondition(self.keyspace.statistics.misses == 0, "keys were not found")
    }

    private func runTurn() {
        self.requests.renew()
        var start = 0
        while start < self.requests.perTurn {
            let count = min(CommandParser.mostGathered, self.requests.perTurn - start)
            if count > 1 { self.keyspace.prefetch(count) { self.requests.command(start + $0)[1] } }
            for index in start..<start + count {
                self.keyspace.execute(self.id, self.requests.command(index), self.writer)
                self.keyspace.mutations.removeAll()
            }
            start += count
        }
        self.writer.removeAll()
    }
}
