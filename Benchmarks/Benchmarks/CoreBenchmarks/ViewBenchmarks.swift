import Benchmark
import Engine
import Keyspace
import Primitives
import RESP

/// What a point in time costs: a write under a view, the walk through it, and the snapshot that is made of it and loaded again.
func viewBenchmarks() {
    Benchmark("View.set.64B.turn64", configuration: Trial.givingOrTakingAPage) {
        (benchmark, bench: ViewBench) in
        bench.set(benchmark)
    } setup: {
        ViewBench()
    }
    Benchmark("View.walk.64B") { (benchmark, bench: ViewBench) in
        bench.walk(benchmark)
    } setup: {
        ViewBench()
    }
    Benchmark("Snapshot.write.64B") { (benchmark, bench: ViewBench) in
        bench.write(benchmark)
    } setup: {
        ViewBench()
    }
    Benchmark("Snapshot.load.64B", configuration: Trial.givingOrTakingAPage) { (benchmark, bench: ViewBench) in
        bench.load(benchmark)
    } setup: {
        ViewBench()
    }
}

private final class ViewBench {
    private let requests = Requests(.set, valueBytes: 64, perTurn: 64)
    private var keyspace = Keyspace(seed: 42)
    private let writer = Writer()
    private let facts: SnapshotFacts

    private static let sliceBytes = 64 << 10

    init() {
        var generator = SeededGenerator(seed: 1)
        self.facts = SnapshotFacts(history: History(using: &generator), position: 1, now: 0)
        while self.keyspace.count < Requests.keyCount { self.runTurn() }
    }

    /// No key comes twice within an iteration.
    func set(_ benchmark: Benchmark) {
        let view = self.openView()
        Trial.measure(benchmark, operations: Trial.operations) {
            for _ in 0..<(Trial.operations / self.requests.perTurn) { self.runTurn() }
        }
        precondition(self.keyspace.viewBytes > Trial.operations * 64, "entries were not preserved")
        self.walk(view)
    }

    func walk(_ benchmark: Benchmark) {
        let view = self.openView()
        Trial.measure(benchmark, operations: Requests.keyCount) { self.walk(view) }
    }

    func write(_ benchmark: Benchmark) {
        guard let snapshot = SnapshotWriter(on: &self.keyspace, self.facts) else { return benchmark.error("no view") }
        Trial.measure(benchmark, operations: Requests.keyCount) {
            while !snapshot.write(from: &self.keyspace, into: self.writer, limit: Self.sliceBytes) {
                self.writer.removeAll()
            }
        }
        self.writer.removeAll()
        precondition(snapshot.keyCount == Requests.keyCount, "keys are missing")
    }

    func load(_ benchmark: Benchmark) {
        guard let snapshot = SnapshotWriter(on: &self.keyspace, self.facts) else { return benchmark.error("no view") }
        let file = Writer()
        while !snapshot.write(from: &self.keyspace, into: file, limit: Self.sliceBytes) {}
        let loader = SnapshotLoader(seed: 7)
        var keyCount = 0
        Trial.measure(benchmark, operations: Requests.keyCount) {
            keyCount = Trial.expectNoError {
                for start in stride(from: 0, to: file.count, by: Self.sliceBytes) {
                    let end = min(start + Self.sliceBytes, file.count)
                    try loader.load(Bytes(rebasing: file.bytes[start..<end]))
                }
                return try loader.finish().keyCount
            }
        }
        precondition(keyCount == Requests.keyCount, "keys are missing")
    }

    private func openView() -> ViewID {
        guard let view = self.keyspace.openView() else { preconditionFailure("all views are free") }
        return view
    }

    private func walk(_ view: ViewID) {
        var bytes = 0
        while !self.keyspace.walk(
            view,
            {
                bytes &+= $0.value.count
                return true
            }
        ) {}
        precondition(bytes == Requests.keyCount * 64, "keys are missing")
        self.keyspace.closeView(view)
    }

    private func runTurn() {
        self.requests.renew()
        var start = 0
        while start < self.requests.perTurn {
            let count = min(CommandParser.mostGathered, self.requests.perTurn - start)
            self.keyspace.prefetch(count) { self.requests.command(start + $0)[1] }
            for index in start..<start + count {
                self.keyspace.execute(.set, self.requests.command(index), self.writer)
                self.keyspace.mutations.removeAll()
            }
            start += count
        }
        self.writer.removeAll()
    }
}
