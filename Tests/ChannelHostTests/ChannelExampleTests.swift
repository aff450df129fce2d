// The example of docs/channels.md begins here.
import ChannelHost
import Foundation
import Testing

/// Carries messages between channels of one process. A real one has sockets, and proves who is at the other end.
actor Switchboard: ChannelTransport {
    private var channels: [UInt16: ReplicatedChannel] = [:]
    private let node: UInt16
    private var others: [Switchboard] = []

    init(node: UInt16) { self.node = node }

    func connect(_ channel: ReplicatedChannel, to others: [Switchboard]) {
        self.channels = [self.node: channel]
        self.others = others
    }

    func send(_ message: [UInt8], to node: UInt16) async -> Bool {
        for other in self.others where other.node == node { return await other.arrived(message, from: self.node) }
        return false
    }

    private func arrived(_ message: [UInt8], from node: UInt16) async -> Bool {
        await self.channels[self.node]?.receive(message, from: node) ?? false
    }
}

func replicateThreeRecords() async throws -> [[ChannelEntry]] {
    let members: [UInt16] = [1, 2, 3]
    let switchboards = members.map { Switchboard(node: $0) }
    var channels: [ReplicatedChannel] = []
    for (node, switchboard) in zip(members, switchboards) {
        var configuration = ChannelConfiguration(name: "orders", node: node, members: members)
        configuration.heartbeat = .milliseconds(100)
        let storage = MemoryChannelStorage()
        let channel = try await ReplicatedChannel.open(configuration, storage: storage, transport: switchboard)
        await switchboard.connect(channel, to: switchboards)
        channels.append(channel)
    }

    // Within a few heartbeats one of them leads. Whoever is asked says who it is.
    var first: UInt64?
    while first == nil {
        for channel in channels where await channel.status.role == .leader {
            first = try? await channel.write([Array("one".utf8), Array("two".utf8), Array("three".utf8)])
        }
        try await Task.sleep(for: .milliseconds(20))
    }
    let end = (first ?? 0) + 3

    // A write that returned is on the disks of a majority; everybody else gets it, too.
    var copies: [[ChannelEntry]] = []
    for channel in channels {
        for await decided in channel.decided {
            if decided >= end { break }
        }
        copies.append(try await channel.read(from: 0))
    }
    for channel in channels { await channel.close() }
    return copies
}
// The example of docs/channels.md ends here.

@Suite("the example")
struct ChannelExampleTests {
    @Test("three channels in one process hold the same records", .timeLimit(.minutes(1)))
    func runs() async throws {
        let copies = try await replicateThreeRecords()
        #expect(copies.count == 3 && Set(copies).count == 1)
        #expect(copies[0].map(\.payload) == ["one", "two", "three"].map { Array($0.utf8) })
    }

    @Test("the documentation shows the code that runs here")
    func isDocumented() throws {
        let file = URL(fileURLWithPath: #filePath)
        let code = try String(contentsOf: file, encoding: .utf8)
        let root = file.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let page = try String(contentsOf: root.appendingPathComponent("docs/channels.md"), encoding: .utf8)
        let begin = try #require(code.range(of: "// The example of docs/channels.md begins here.\n"))
        let end = try #require(code.range(of: "// The example of docs/channels.md ends here.\n"))
        #expect(page.contains("```swift\n" + code[begin.upperBound..<end.lowerBound] + "```\n"))
    }
}
