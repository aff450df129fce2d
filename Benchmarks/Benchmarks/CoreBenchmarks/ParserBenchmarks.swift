import Benchmark
import Primitives
import RESP

/// A pipeline of SETs, parsed as the server does it: gathered by sixteens, then taken one by one.
func parserBenchmarks() {
    Benchmark("Parser.set.64B.turn64") { (benchmark, bench: ParserBench) in
        bench.run(benchmark)
    } setup: {
        ParserBench()
    }
}

private final class ParserBench {
    private let requests = Requests(.set, valueBytes: 64, perTurn: 64)
    private var parser = CommandParser()

    func run(_ benchmark: Benchmark) {
        let turns = Trial.operations / self.requests.perTurn
        Trial.measure(benchmark, operations: Trial.operations) {
            var found = 0
            for _ in 0..<turns { found += self.parseTurn() }
            precondition(found == 3 * Trial.operations, "arguments were lost")
        }
    }

    private func parseTurn() -> Int {
        let bytes = self.requests.bytes
        var used = 0
        var found = 0
        while used < bytes.count {
            let rest = Bytes(rebasing: bytes[used...])
            _ = self.parser.gather(in: rest)
            for index in 0..<self.parser.gatheredCount {
                let (command, consumed) = self.parser.gathered(index, in: rest)
                if let command {
                    blackHole(command[1].baseAddress)
                    found += command.count
                }
                used += consumed
            }
            self.parser.advancePastGathered()
        }
        return found
    }
}
