import Benchmark
import Engine
import Keyspace
import Primitives
import RESP
import Replication

/// A command end to end, as a shard carries it out between reading and writing a client's socket: parsed, found by its
/// name, executed, numbered into the backlog, answered.
func engineBenchmarks() {
    for valueBytes in [64, 1024] {
        for perTurn in [1, 64] {
            let size = valueBytes == 64 ? "64B" : "1KiB"
            Benchmark("Engine.set.\(size).turn\(perTurn)", configuration: Trial.givingOrTakingAChunk) {
                (benchmark, bench: EngineBench) in
                bench.run(benchmark)
            } setup: {
                EngineBench(valueBytes: valueBytes, perTurn: perTurn)
            }
        }
    }
}

private final class EngineBench {
    private let requests: Requests
    private let table = CommandTable()
    private var parser = CommandParser()
    private var engine = Engine(seed: 42, history: .none, options: .benchmark)
    private let writer = Writer()

    init(valueBytes: Int, perTurn: Int) {
        self.requests = Requests(.set, valueBytes: valueBytes, perTurn: perTurn)
        // Steady: every key is there, and the oldest chunks leave as new ones come.
        while self.engine.keyspace.count < Requests.keyCount || self.engine.stream.backlog.oldest == 0 {
            self.runTurn()
        }
    }

    func run(_ benchmark: Benchmark) {
        let turns = Trial.operations / self.requests.perTurn
        let before = self.engine.stream.tip
        Trial.measure(benchmark, operations: Trial.operations) {
            for _ in 0..<turns { self.runTurn() }
        }
        precondition(self.engine.stream.tip - before == UInt64(Trial.operations), "mutations were lost")
        precondition(self.engine.keyspace.count == Requests.keyCount, "keys came or went")
    }

    private func runTurn() {
        self.requests.renew()
        let bytes = self.requests.bytes
        var used = 0
        while used < bytes.count {
            let rest = Bytes(rebasing: bytes[used...])
            _ = self.parser.gather(in: rest)
            used += self.executeGathered(in: rest)
            self.parser.advancePastGathered()
        }
        blackHole(self.writer.bytes.count)
        self.writer.removeAll()
    }

    private func executeGathered(in bytes: Bytes) -> Int {
        let count = self.parser.gatheredCount
        if count > 1 {
            self.engine.keyspace.prefetch(count) { self.parser.gathered($0, in: bytes).command?[1] }
        }
        var used = 0
        for index in 0..<count {
            let (command, consumed) = self.parser.gathered(index, in: bytes)
            used += consumed
            guard let command, let spec = self.table.index(of: command[0]) else { continue }
            precondition(self.table.specs[spec].accepts(argumentCount: command.count))
            self.engine.execute(self.table.specs[spec].id, command, now: 1, self.writer)
        }
        return used
    }
}
