import Primitives
import Testing
import Workload

@Suite struct SetBatchTests {
    @Test("a batch is RESP: the announced lengths are the real ones", arguments: [24, 64, 100, 1024, 10_000])
    func shape(valueSize: Int) {
        var generator = SeededGenerator(seed: 1)
        var ledger = Ledger(connections: 1)
        var batch = SetBatch(depth: 2, valueSize: valueSize, compressibility: 0, using: &generator)
        batch.advance(connection: 0, keys: .sequential(keys: 10), ledger: &ledger, using: &generator)
        let size = SetBatch.commandSize(valueSize: valueSize)
        #expect(batch.bytes.count == 2 * size)
        let opening = Array("*3\r\n$3\r\nSET\r\n$16\r\nkey:000000000000\r\n$\(valueSize)\r\n".utf8)
        #expect(Array(batch.bytes.prefix(opening.count)) == opening)
        #expect(opening.count + valueSize + 2 == size)
        #expect(Array(batch.bytes.suffix(2)) == Array("\r\n".utf8))
    }

    @Test("the same seed makes the same bytes, another seed others")
    func repeatable() {
        func bytes(seed: UInt64) -> [UInt8] {
            var generator = SeededGenerator(seed: seed)
            var ledger = Ledger(connections: 1)
            var batch = SetBatch(depth: 4, valueSize: 64, compressibility: 0.3, using: &generator)
            batch.advance(connection: 0, keys: .uniform(keys: 1000), ledger: &ledger, using: &generator)
            return batch.bytes
        }
        #expect(bytes(seed: 3) == bytes(seed: 3))
        #expect(bytes(seed: 3) != bytes(seed: 4))
    }

    @Test("uniform keys stay in range and reach nearly all of it; sequential ones touch each once a round")
    func keys() {
        var generator = SeededGenerator(seed: 9)
        let header = MutationHeader(connection: 0, sequence: 1)
        let uniform = (0..<2000).map { KeyDistribution.uniform(keys: 100).key(number: $0, header, &generator) }
        #expect(uniform.allSatisfy { $0 < 100 })
        #expect(Set(uniform).count > 95)
        let sequential = (0..<100).map { KeyDistribution.sequential(keys: 100).key(number: $0, header, &generator) }
        #expect(Set(sequential).count == 100)
    }

    @Test("owned keys follow from connection and sequence number alone, and no two connections share one")
    func ownedKeys() {
        var generator = SeededGenerator(seed: 9)
        func keys(_ connection: UInt32) -> [UInt64] {
            (1...20).map { (sequence: UInt64) -> UInt64 in
                let header = MutationHeader(connection: connection, sequence: sequence)
                return KeyDistribution.owned(keysPerConnection: 8).key(number: sequence * 3, header, &generator)
            }
        }
        #expect(keys(1) == (1...20).map { 8 + UInt64($0) % 8 })
        #expect(Set(keys(0)).isDisjoint(with: keys(1)))
    }
}
