import Primitives
import Testing
import Workload

@testable import Harness

@Suite struct StreamReaderTests {
    /// The generator's commands, and what it entered into its ledger.
    private func commands(_ count: Int, valueSize: Int = 40) -> (commands: [[UInt8]], ledger: Ledger) {
        var generator = SeededGenerator(seed: 5)
        var ledger = Ledger(connections: 2)
        var batch = SetBatch(depth: 1, valueSize: valueSize, compressibility: 0, using: &generator)
        let commands = (0..<count).map { index in
            let keys = KeyDistribution.uniform(keys: 50)
            batch.advance(connection: UInt32(index % 2), keys: keys, ledger: &ledger, using: &generator)
            return batch.bytes
        }
        return (commands, ledger)
    }

    private func frame(_ position: UInt64, _ command: [UInt8]) -> [UInt8] {
        Array("*2\r\n:\(position)\r\n".utf8) + command
    }

    private func reader(_ dialect: Dialect, at position: UInt64 = 0) -> StreamReader {
        StreamReader(dialect: dialect, position: position, verifier: StreamVerifier(behind: Ledger(connections: 2)))
    }

    /// Feeds `bytes` in pieces, carrying over what was not taken, as a replica does.
    private func feed(_ bytes: [UInt8], to reader: inout StreamReader, pieces: Int) throws {
        var pending: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: pieces) {
            pending += bytes[start..<min(start + pieces, bytes.count)]
            let taken = try pending.withUnsafeBytes { try reader.consume($0) }
            pending.removeFirst(taken)
        }
        #expect(pending.isEmpty)
    }

    @Test("a stream of every kind and size is counted and summed, wherever it is cut", arguments: [1, 7, 100, 100_000])
    func mixed(pieces: Int) throws {
        var generator = SeededGenerator(seed: 5)
        var ledger = Ledger(connections: 2)
        let sizes = ValueSizes.uniform(24...400)
        var batch = MixedBatch(.every, sizes: sizes, filler: Filler(using: &generator))
        let keys = KeyDistribution.zipf(ZipfKeys(keys: 50, exponent: 1))
        batch.advance(60, connection: 1, keys: keys, ledger: &ledger, using: &generator)
        for deletion in batch.deletions { ledger.enter(deletion.digest) }
        var reader = self.reader(.psync)
        try self.feed(CommandEncoder.bytes(["SELECT", "0"]) + batch.bytes, to: &reader, pieces: pieces)
        #expect(reader.otherCommands == 1 && reader.position == UInt64(batch.bytes.count + 23))
        #expect(reader.verifier.count == ledger.count && reader.verifier.digest == ledger.digest)
    }

    @Test("frames are verified wherever the stream is cut", arguments: [1, 2, 3, 7, 16, 61, 1000, 100_000])
    func frames(pieces: Int) throws {
        let (commands, ledger) = self.commands(20)
        var bytes: [UInt8] = []
        for (index, command) in commands.enumerated() {
            if index.isMultiple(of: 5) { bytes += Array("+PING 12 1700000000000\r\n".utf8) }
            bytes += self.frame(UInt64(7 + index), command)
        }
        var reader = self.reader(.replicate, at: 7)
        try self.feed(bytes, to: &reader, pieces: pieces)
        #expect(reader.position == 27)
        #expect(reader.verifier.count == ledger.count)
        #expect(reader.verifier.digest == ledger.digest)
    }

    @Test(
        "a plain stream is counted in bytes, and commands of the primary are tolerated",
        arguments: [1, 5, 33, 100_000]
    )
    func plain(pieces: Int) throws {
        let (commands, ledger) = self.commands(6)
        var bytes = CommandEncoder.bytes(["SELECT", "0"])
        for command in commands { bytes += command + CommandEncoder.bytes(["PING"]) }
        var reader = self.reader(.psync, at: 100)
        try self.feed(bytes, to: &reader, pieces: pieces)
        #expect(reader.position == UInt64(100 + bytes.count))
        #expect(reader.otherCommands == 7)
        #expect(reader.verifier.digest == ledger.digest)
    }

    @Test("a request for an acknowledgement is noticed")
    func getAck() throws {
        var reader = self.reader(.psync)
        try self.feed(CommandEncoder.bytes(["REPLCONF", "GETACK", "*"]), to: &reader, pieces: 100)
        #expect(reader.acknowledgementAsked)
    }

    @Test("a missing frame and a frame that comes again are gaps", arguments: [0, 2, 9] as [UInt64])
    func gap(second: UInt64) throws {
        let (commands, _) = self.commands(2)
        let bytes = self.frame(0, commands[0]) + self.frame(second, commands[1])
        var reader = self.reader(.replicate)
        #expect(throws: StreamError.gap(expected: 1, received: second)) {
            try self.feed(bytes, to: &reader, pieces: bytes.count)
        }
    }

    @Test("a lost mutation in a well-numbered stream is found")
    func lost() throws {
        let (commands, _) = self.commands(3)
        let bytes = self.frame(0, commands[0]) + self.frame(1, commands[1])
        var reader = self.reader(.replicate)
        try self.feed(bytes, to: &reader, pieces: bytes.count)
        let third = self.commands(5).commands[4]
        #expect(throws: StreamError.violation(.lost(connection: 0, expected: 2, received: 3))) {
            try self.feed(self.frame(2, third), to: &reader, pieces: 1000)
        }
    }

    @Test(
        "what is no frame is refused",
        arguments: [
            "GET / HTTP/1.1\r\n", "*1\r\n:0\r\n*1\r\n$4\r\nPING\r\n", "*2\r\n$1\r\n0\r\n*1\r\n$4\r\nPING\r\n",
            "*2\r\n:-1\r\n*1\r\n$4\r\nPING\r\n", "*2\r\n:0\r\n+OK\r\n", "*2\r\n:0\r\n*1\r\n:4\r\n",
            "*2\r\n:0\r\n*1\r\n$99999999999999999999\r\n", "*2\r\n:0\r\n*0\r\n", "+SNAPSHOTS\r\n",
            "-ERR position 0 is no longer held\r\n",
        ]
    )
    func malformed(text: String) {
        var reader = self.reader(.replicate)
        #expect(throws: StreamError.self) { try self.feed(Array(text.utf8), to: &reader, pieces: 1000) }
    }

    @Test("an error line is passed on in the primary's words")
    func refused() {
        var reader = self.reader(.replicate)
        #expect(throws: StreamError.refused("-ERR go away")) {
            try self.feed(Array("-ERR go away\r\n".utf8), to: &reader, pieces: 1000)
        }
    }
}
