import Primitives
import Testing
import Workload

@Suite struct StreamVerifierTests {
    /// The (key, value) pairs of `rounds` batches over all connections, and the ledger that entered them.
    private func mutations(connections: Int, rounds: Int) -> (pairs: [(key: [UInt8], value: [UInt8])], ledger: Ledger) {
        var generator = SeededGenerator(seed: 7)
        var ledger = Ledger(connections: connections)
        var batch = SetBatch(depth: 3, valueSize: 40, compressibility: 0.5, using: &generator)
        var pairs: [(key: [UInt8], value: [UInt8])] = []
        let size = SetBatch.commandSize(valueSize: 40)
        for _ in 0..<rounds {
            for connection in 0..<connections {
                batch.advance(
                    connection: UInt32(connection),
                    keys: .uniform(keys: 100),
                    ledger: &ledger,
                    using: &generator
                )
                for slot in 0..<3 {
                    let command = Array(batch.bytes[(slot * size)..<((slot + 1) * size)])
                    pairs.append((Array(command[18..<34]), Array(command[(size - 42)..<(size - 2)])))
                }
            }
        }
        return (pairs, ledger)
    }

    private func receive(_ pair: (key: [UInt8], value: [UInt8]), _ verifier: inout StreamVerifier) throws {
        try pair.key.withUnsafeBytes { key in
            try pair.value.withUnsafeBytes { try verifier.receive(key: key, value: $0) }
        }
    }

    @Test("a verifier tells how far each connection has come, and a load goes on from there")
    func last() throws {
        let (pairs, ledger) = self.mutations(connections: 3, rounds: 4)
        var verifier = StreamVerifier(behind: Ledger(connections: 3))
        for pair in pairs { try self.receive(pair, &verifier) }
        #expect(verifier.last == [12, 12, 12] && ledger.last == verifier.last)
        var next = Ledger(continuing: verifier.last)
        #expect(next.next(connection: 1).sequence == 13)
        #expect(StreamVerifier(connections: 2).last == [0, 0])
    }

    @Test("a complete stream sums up to the generator's digest, whatever the order between connections")
    func complete() throws {
        let (pairs, ledger) = self.mutations(connections: 3, rounds: 4)
        for order in [pairs, pairs.enumerated().sorted { $0.offset / 3 % 3 < $1.offset / 3 % 3 }.map(\.element)] {
            var verifier = StreamVerifier(behind: Ledger(connections: 3))
            for pair in order { try self.receive(pair, &verifier) }
            #expect(verifier.count == ledger.count)
            #expect(verifier.digest == ledger.digest)
            #expect(verifier.missing(from: ledger).isEmpty)
        }
    }

    @Test("a lost mutation is found at the next one of its connection")
    func lost() throws {
        let (pairs, _) = self.mutations(connections: 1, rounds: 2)
        var verifier = StreamVerifier(behind: Ledger(connections: 1))
        try self.receive(pairs[0], &verifier)
        #expect(throws: StreamViolation.lost(connection: 0, expected: 2, received: 3)) {
            try self.receive(pairs[2], &verifier)
        }
    }

    @Test("a lost tail is found by comparing with the ledger")
    func lostTail() throws {
        let (pairs, ledger) = self.mutations(connections: 2, rounds: 1)
        var verifier = StreamVerifier(connections: 2)
        for pair in pairs.dropLast() { try self.receive(pair, &verifier) }
        #expect(verifier.missing(from: ledger) == [1])
        #expect(verifier.digest != ledger.digest)
    }

    @Test("a doubled and a reordered mutation are found")
    func doubled() throws {
        let (pairs, _) = self.mutations(connections: 1, rounds: 1)
        var verifier = StreamVerifier(behind: Ledger(connections: 1))
        try self.receive(pairs[0], &verifier)
        #expect(throws: StreamViolation.repeated(connection: 0, expected: 2, received: 1)) {
            try self.receive(pairs[0], &verifier)
        }
    }

    @Test("every changed byte of header or seal is found")
    func damaged() throws {
        let (pairs, _) = self.mutations(connections: 1, rounds: 1)
        for place in Array(0..<16) + Array(32..<40) {
            var verifier = StreamVerifier(connections: 1)
            var pair = pairs[0]
            pair.value[place] ^= 0x10
            #expect(throws: StreamViolation.self, "byte \(place)") { try self.receive(pair, &verifier) }
        }
    }

    @Test("a wrong key keeps the sequence but changes the digest")
    func wrongKey() throws {
        let (pairs, ledger) = self.mutations(connections: 1, rounds: 1)
        var verifier = StreamVerifier(behind: Ledger(connections: 1))
        for (index, pair) in pairs.enumerated() {
            try self.receive((index == 1 ? pairs[0].key.map { $0 ^ 1 } : pair.key, pair.value), &verifier)
        }
        #expect(verifier.count == ledger.count)
        #expect(verifier.digest != ledger.digest)
    }

    @Test("values too short for a header are damaged, not read past their end", arguments: [0, 1, 16, 23])
    func short(size: Int) {
        var verifier = StreamVerifier(connections: 1)
        let pair = ([UInt8](repeating: 0x30, count: 16), [UInt8](repeating: 0, count: size))
        #expect(throws: StreamViolation.damaged(mutation: 1)) { try self.receive(pair, &verifier) }
    }
}
