import ChannelHost
import ChannelSockets
import NIOCore
import NIOPosix
import Testing

@Suite("channels over TCP", .timeLimit(.minutes(2)))
struct ChannelNetworkTests {
    private static let secret = Array("a secret of the tests".utf8)

    private struct Member {
        let channel: ReplicatedChannel
        let network: ChannelNetwork
    }

    private func group(_ election: ChannelConfiguration.Election = .quorum) async throws -> [Member] {
        let nodes: [UInt16] = [1, 2, 3]
        var networks: [ChannelNetwork] = []
        for node in nodes {
            networks.append(
                try await ChannelNetwork.listen(
                    node: node,
                    host: "127.0.0.1",
                    port: 0,
                    members: nodes,
                    secret: Self.secret
                )
            )
        }
        let peers = zip(nodes, networks).map { ChannelPeer(node: $0, host: "127.0.0.1", port: $1.port) }
        var members: [Member] = []
        for (node, network) in zip(nodes, networks) {
            var configuration = ChannelConfiguration(name: "tcp", node: node, members: nodes)
            configuration.heartbeat = .milliseconds(100)
            configuration.election = election
            let channel = try await ReplicatedChannel.open(
                configuration,
                storage: MemoryChannelStorage(),
                transport: network
            )
            await network.join(channel, peers: peers)
            members.append(Member(channel: channel, network: network))
        }
        return members
    }

    private func close(_ members: [Member]) async {
        for member in members {
            await member.channel.close()
            await member.network.close()
        }
    }

    /// Writes to whoever leads.
    private func write(_ payload: [UInt8], to members: [Member]) async throws -> UInt64 {
        while true {
            for member in members where await member.channel.status.role == .leader {
                if let seq = try? await member.channel.write([payload]) { return seq }
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    private func waitForCopies(_ members: [Member], upTo seq: UInt64) async throws -> [[ChannelEntry]] {
        var copies: [[ChannelEntry]] = []
        for member in members {
            while await member.channel.status.decided < seq { try await Task.sleep(for: .milliseconds(20)) }
            copies.append(try await member.channel.read(from: 0, byteLimit: 64 << 20))
        }
        return copies
    }

    @Test("three members over sockets elect, replicate, and go on without the leader")
    func failover() async throws {
        var members = try await self.group()
        var last: UInt64 = 0
        for number in UInt8(0)..<50 { last = try await self.write([number], to: members) }
        // One that takes many packets.
        last = try await self.write([UInt8](repeating: 7, count: 3 << 20), to: members)
        #expect(Set(try await self.waitForCopies(members, upTo: last + 1)).count == 1)

        var leader = 0
        for index in members.indices where await members[index].channel.status.role == .leader { leader = index }
        let gone = members.remove(at: leader)
        await self.close([gone])
        for number in UInt8(50)..<60 { last = try await self.write([number], to: members) }
        let copies = try await self.waitForCopies(members, upTo: last + 1)
        #expect(Set(copies).count == 1 && copies[0].count == 61)
        #expect(copies[0].map(\.payload).filter { $0.count == 1 } == (UInt8(0)..<60).map { [$0] })
        await self.close(members)
    }

    @Test("under the nearest policy round trips are measured, and one leader is left")
    func nearest() async throws {
        let members = try await self.group(.nearest)
        let last = try await self.write([1], to: members)
        _ = try await self.waitForCopies(members, upTo: last + 1)
        var leaders: [UInt16?] = []
        while Set(leaders).count != 1 || leaders[0] == nil {
            leaders = []
            for member in members { leaders.append(await member.channel.status.leader) }
            try await Task.sleep(for: .milliseconds(20))
        }
        await self.close(members)
    }

    @Test("who does not know the secret, or speaks something else, is refused and changes nothing")
    func strangers() async throws {
        let members = try await self.group()
        let last = try await self.write([1], to: members)
        let term = await members[0].channel.status.term
        let port = members[0].network.port
        for round in 0..<20 {
            let socket = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connect(host: "127.0.0.1", port: port).get()
            // The head of a member's greeting, or garbage; then bytes that look like a message.
            let head = round % 2 == 0 ? Array("SLC1".utf8) + [2, 0] + [UInt8](repeating: 9, count: 32) : [1, 2, 3, 4]
            let bytes = head + [UInt8](repeating: UInt8(round), count: 5_000)
            try? await socket.writeAndFlush(ByteBuffer(bytes: bytes))
            try await socket.closeFuture.get()
        }
        var refused: UInt64 = 0
        while refused < 20 {
            refused = await members[0].network.counters.refused
            try await Task.sleep(for: .milliseconds(10))
        }
        let status = await members[0].channel.status
        #expect(status.term == term && status.tail == last + 1)
        await self.close(members)
    }

    @Test("a secret that can be guessed is not taken")
    func shortSecret() async {
        let network = try? await ChannelNetwork.listen(
            node: 1,
            host: "127.0.0.1",
            port: 0,
            members: [1],
            secret: [1, 2, 3]
        )
        #expect(network == nil)
    }
}
