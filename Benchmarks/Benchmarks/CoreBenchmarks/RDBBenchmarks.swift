import Benchmark
import Primitives
import RDB
import RESP

/// Snapshots: keys of 16 bytes with values of 100, and members of a set, written in pieces and read in pieces, checksum
/// included.
func rdbBenchmarks() {
    for kind in [RDBBench.Kind.strings, .members] {
        Benchmark("RDB.encode.\(kind)") { (benchmark, bench: RDBBench) in
            bench.encode(benchmark)
        } setup: {
            RDBBench(kind)
        }
        Benchmark("RDB.decode.\(kind)") { (benchmark, bench: RDBBench) in
            bench.decode(benchmark)
        } setup: {
            RDBBench(kind)
        }
    }
}

private final class RDBBench {
    enum Kind { case strings, members }

    private static let pieceBytes = 64 << 10
    private static let valueBytes = 100

    private let kind: Kind
    private let requests = Requests(.set, valueBytes: RDBBench.valueBytes, perTurn: 64)
    private let writer = Writer()
    private let snapshot = Writer()

    init(_ kind: Kind) {
        self.kind = kind
        self.write { piece in self.snapshot.raw(piece) }
    }

    func encode(_ benchmark: Benchmark) {
        var bytes = 0
        Trial.measure(benchmark, operations: Trial.operations) {
            self.write { bytes += $0.count }
        }
        precondition(bytes == self.snapshot.count, "the snapshot has another length")
    }

    func decode(_ benchmark: Benchmark) {
        let bytes = self.snapshot.bytes
        // What a decoder needs, it needs once.
        let decoder = RDBDecoder()
        var items = 0
        Trial.measure(benchmark, operations: Trial.operations) {
            Trial.expectNoError {
                for start in stride(from: 0, to: bytes.count, by: Self.pieceBytes) {
                    let end = min(start + Self.pieceBytes, bytes.count)
                    try decoder.decode(Bytes(rebasing: bytes[start..<end])) { (event) throws(RDBError) in
                        switch event {
                        case .string(let key, let value, _):
                            blackHole(key.baseAddress)
                            blackHole(value.baseAddress)
                            items += 1
                        case .element(let member, _, _):
                            blackHole(member.baseAddress)
                            items += 1
                        case .aux, .selectDB, .sizes, .begin, .endOfValue, .end: break
                        }
                    }
                }
                try decoder.finish()
            }
        }
        precondition(items == Trial.operations, "items were lost")
    }

    /// Writes a snapshot and gives it away piece by piece.
    private func write(_ take: (Bytes) -> Void) {
        var encoder = RDBEncoder()
        encoder.header(to: self.writer)
        encoder.sizes(keys: Trial.operations, expiring: 0, to: self.writer)
        if self.kind == .members {
            encoder.begin(.set, Bytes("the set"), count: Trial.operations, expiry: nil, to: self.writer)
        }
        for index in 0..<Trial.operations {
            let command = self.requests.command(index % self.requests.perTurn)
            switch self.kind {
            case .strings: encoder.string(command[1], command[2], expiry: nil, to: self.writer)
            case .members: encoder.member(command[1], to: self.writer)
            }
            guard self.writer.count >= Self.pieceBytes else { continue }
            encoder.checksum(self.writer.bytes)
            take(self.writer.bytes)
            self.writer.removeAll()
        }
        encoder.end(from: 0, to: self.writer)
        take(self.writer.bytes)
        self.writer.removeAll()
    }
}
