import ChannelHost
import Testing

/// A storage that fails when it is told to.
private actor FailingStorage: ChannelStorage {
    private let storage = MemoryChannelStorage()
    private var fails = false

    func fail(_ fails: Bool) { self.fails = fails }

    func open() async throws -> StoredChannel { await self.storage.open() }

    func apply(_ changes: [ChannelChange]) async throws {
        if self.fails { throw ChannelError.storageFailed }
        try await self.storage.apply(changes)
    }

    func read(from seq: UInt64, byteLimit: Int) async throws -> (previous: ChannelEntry?, entries: [ChannelEntry])? {
        await self.storage.read(from: seq, byteLimit: byteLimit)
    }
}

private struct Nowhere: ChannelTransport {
    func send(_ message: [UInt8], to node: UInt16) async -> Bool { false }
}

@Suite("a channel without a server", .timeLimit(.minutes(1)))
struct ReplicatedChannelTests {
    private func configuration(_ members: [UInt16] = [1]) -> ChannelConfiguration {
        var configuration = ChannelConfiguration(name: "test", node: 1, members: members)
        configuration.heartbeat = .milliseconds(100)
        return configuration
    }

    /// Tries until the node leads.
    private func write(_ text: String, to channel: ReplicatedChannel) async throws -> UInt64 {
        while true {
            if await channel.status.role == .leader { return try await channel.write([Array(text.utf8)]) }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    @Test("a member alone leads itself, and keeps what it wrote")
    func alone() async throws {
        let storage = MemoryChannelStorage()
        let channel = try await ReplicatedChannel.open(self.configuration(), storage: storage, transport: Nowhere())
        let seq = try await self.write("a", to: channel)
        #expect(try await channel.read(from: seq).map(\.payload) == [Array("a".utf8)])
        let status = await channel.status
        #expect(status.role == .leader && status.leader == 1)
        await channel.close()
        await channel.close()
        #expect(await channel.status.isStopped)
        await #expect(throws: ChannelError.closed) { try await channel.write([[1]]) }
        // The next life begins where this one ended.
        let again = try await ReplicatedChannel.open(self.configuration(), storage: storage, transport: Nowhere())
        let next = try await self.write("b", to: again)
        let kept = try await again.read(from: seq).map(\.payload)
        #expect(next > seq && kept == [Array("a".utf8), Array("b".utf8)])
    }

    @Test("a storage that fails makes the node leave, and come back when it is well")
    func failing() async throws {
        let storage = FailingStorage()
        let channel = try await ReplicatedChannel.open(self.configuration(), storage: storage, transport: Nowhere())
        _ = try await self.write("a", to: channel)
        await storage.fail(true)
        await #expect(throws: ChannelError.self) { try await channel.write([[1]]) }
        #expect(await channel.status.role == .idle)
        await storage.fail(false)
        let seq = try await self.write("b", to: channel)
        #expect(try await channel.read(from: seq).map(\.payload) == [Array("b".utf8)])
    }

    @Test("a configuration that makes no sense says what to change")
    func configurations() async throws {
        var quick = self.configuration()
        quick.heartbeat = .milliseconds(99)
        var wide = self.configuration()
        wide.chunkBytes = 65 << 20
        let crowded = self.configuration(Array(1...65))
        for configuration in [quick, wide, crowded] {
            await #expect(throws: ChannelError.self) {
                try await ReplicatedChannel.open(
                    configuration,
                    storage: MemoryChannelStorage(),
                    transport: Nowhere()
                )
            }
        }
    }

    @Test("a majority that is not there decides nothing")
    func isolated() async throws {
        let channel = try await ReplicatedChannel.open(
            self.configuration([1, 2, 3]),
            storage: MemoryChannelStorage(),
            transport: Nowhere()
        )
        try await Task.sleep(for: .milliseconds(700))
        await #expect(throws: ChannelError.notLeader(nil)) { try await channel.write([[1]]) }
        await channel.close()
    }

    @Test("dropping the last handle ends the work, and lets go of the storage")
    func dropping() async throws {
        weak var storage: MemoryChannelStorage?
        do {
            let strong = MemoryChannelStorage()
            storage = strong
            let channel = try await ReplicatedChannel.open(
                self.configuration(),
                storage: strong,
                transport: Nowhere()
            )
            _ = try await self.write("a", to: channel)
        }
        for _ in 0..<200 where storage != nil { try await Task.sleep(for: .milliseconds(20)) }
        #expect(storage == nil)
    }
}
