import Channels
import NIOCore
import NIOPosix
import Primitives
import Synchronization
import Testing

@testable import Server

/// The parts of a member that need no network.
@Suite struct GroupPartsTests {
    private static func record(_ seq: Seq, _ bytes: Int = 3) -> ChannelRecord {
        ChannelRecord(seq: seq, term: 1, payload: Array(repeating: UInt8(truncatingIfNeeded: seq), count: bytes))
    }

    private static func records(_ seqs: Range<Seq>, bytes: Int = 3) -> GroupRecords {
        var records = GroupRecords(first: seqs.lowerBound, base: RecordMark(term: 1, checksum: 42))
        for seq in seqs { records.append(Self.record(seq, bytes)) }
        return records
    }

    @Test("of a member's heartbeats the newest is kept, so that a flood of them keeps nobody's request out")
    func flood() throws {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let mailbox = GroupMailbox(loop: loop)
        let channel = ChannelID(name: "shard/0")
        @Sendable func heartbeat(_ tail: Seq) -> ChannelMessage {
            let body = Heartbeat(tail: tail, commit: 0, role: .replica, wallClock: 0)
            return ChannelMessage(channel: channel, term: 1, body: .heartbeat(body))
        }
        let request = SyncRequest(since: 3, previous: .none, chunkBytes: 1, id: 7, traffic: .foreground)
        let delivered = Mutex<[ChannelMessage]>([])
        // What is posted on the loop itself is delivered once this is over.
        try loop.submit {
            mailbox.onDelivery { deliveries in
                for case .message(let message, _) in deliveries { delivered.withLock { $0.append(message) } }
            }
            for tail in 0..<10_000 { mailbox.post(.message(heartbeat(Seq(tail)), from: NodeID(1))) }
            let asked = ChannelMessage(channel: channel, term: 1, body: .syncRequest(request))
            mailbox.post(.message(asked, from: NodeID(2)))
            mailbox.post(.message(heartbeat(5), from: NodeID(3)))
        }.wait()
        try loop.submit {}.wait()
        let messages = delivered.withLock { $0 }
        #expect(messages.map(\.body) == [heartbeat(9999).body, .syncRequest(request), heartbeat(5).body])
        #expect(mailbox.dropped == 0)
    }

    @Test("the end of the log is found by number, with the mark of the record before")
    func lookup() {
        let records = Self.records(5..<10)
        #expect(records[4] == nil && records[10] == nil)
        #expect(records[7] == Self.record(7))
        #expect(records.mark(before: 5) == RecordMark(term: 1, checksum: 42))
        #expect(records.mark(before: 10) == Self.record(9).mark)
        #expect(records.mark(before: 4) == nil && records.mark(before: 11) == nil)
    }

    @Test("a chunk respects its limit, and always holds one record")
    func chunks() {
        let records = Self.records(0..<10)
        let one = Self.record(0).encodedBytes
        #expect(records.chunk(from: 2, before: 10, byteLimit: 3 * one).map(\.seq) == [2, 3, 4])
        #expect(records.chunk(from: 2, before: 4, byteLimit: 100 * one).map(\.seq) == [2, 3])
        #expect(records.chunk(from: 2, before: 10, byteLimit: 1).map(\.seq) == [2])
        #expect(records.chunk(from: 2, before: 10, byteLimit: 0).isEmpty)
        #expect(records.chunk(from: 10, before: 10, byteLimit: 100).isEmpty)
    }

    @Test("what is not decided is never let go, and of the rest a bounded part is kept")
    func trimming() {
        let size = GroupRecords.keptBytes / 4
        var records = Self.records(0..<8, bytes: size)
        records.trim(before: 2)
        #expect(records.first == 2 && records.end == 8)
        records.trim(before: 8)
        #expect(records.first == 4 && records.bytes == GroupRecords.keptBytes)
        #expect(records.mark(before: 4) == Self.record(3, size).mark)
        records.truncate(to: 6)
        #expect(records.end == 6 && records.bytes == 2 * size)
    }

    @Test("a leader's empty record has a form in the log that no client's command has, and comes back empty")
    func emptyRecords() {
        #expect(GroupPayload.travelling(GroupPayload.logged([])) == [])
        let command = Array("*1\r\n$8\r\nFLUSHALL\r\n".utf8)
        #expect(GroupPayload.travelling(GroupPayload.logged(command)) == command)
    }

    private static let facts = GroupHello.Facts(
        shards: 2,
        clientPort: 7001,
        replicationPort: 7201,
        heartbeat: 500,
        election: .nearest
    )

    @Test(
        "a hello is read as it was written, and nothing else is taken for one",
        arguments: [GroupHello.Purpose.messages, .copy(shard: 0), .copy(shard: 300)]
    )
    func hello(purpose: GroupHello.Purpose) {
        let hello = GroupHello(
            from: NodeID(1),
            to: NodeID(65_535),
            nonce: Array(0..<32),
            facts: Self.facts,
            purpose: purpose
        )
        let bytes = hello.encoded
        #expect(bytes.withUnsafeBytes { GroupHello($0) } == hello)
        for count in 0..<bytes.count { #expect(bytes[..<count].withUnsafeBytes { GroupHello($0) } == nil) }
        var other = bytes
        other[0] ^= 1
        #expect(other.withUnsafeBytes { GroupHello($0) } == nil)
    }

    @Test("a proof holds for one secret, one side and one conversation")
    func proofs() {
        let secret = MemberSecret(Array("0123456789abcdef".utf8))
        let proof = secret.proof(of: .dialer, dialer: [1], acceptor: [2])
        #expect(secret.accepts(proof, of: .dialer, dialer: [1], acceptor: [2]))
        #expect(!secret.accepts(proof, of: .acceptor, dialer: [1], acceptor: [2]))
        #expect(!secret.accepts(proof, of: .dialer, dialer: [1], acceptor: [3]))
        let other = MemberSecret(Array("0123456789abcdeF".utf8))
        #expect(!other.accepts(proof, of: .dialer, dialer: [1], acceptor: [2]))
    }

    @Test("signals are read as they were written")
    func signals() {
        let all: [GroupSignal] = [
            .ping(7), .pong(.max), .confirm(shard: 3, term: 9, number: 1), .confirmed(shard: 3, term: 9, number: 1),
        ]
        for signal in all {
            let bytes = Array(signal.framed.dropFirst(4))
            #expect(bytes.withUnsafeBytes { GroupSignal($0) } == signal)
            #expect(bytes.dropLast().withUnsafeBytes { GroupSignal($0) } == nil)
        }
    }

    @Test("members are named by id, host and port, each id once")
    func members() {
        let members = GroupOptions.members("2@b:2,1@[::1]:1")
        #expect(members?.map(\.node) == [NodeID(1), NodeID(2)])
        #expect(members?.first?.host == "::1")
        for text in ["", "1@a", "1@a:1,1@b:1", "a@a:1", "70000@a:1", "1@a:1,x"] {
            #expect(GroupOptions.members(text) == nil, "\(text)")
        }
    }

    @Test("the shards of a node share what catching up may take of its link", arguments: [1, 2, 7])
    func budgetOfShards(shards: Int) {
        var options = GroupOptions()
        options.budget.linkSpeed = 1_000_000
        let channels = (0..<shards).map { options.channel(ofShard: $0, of: shards) }
        #expect(channels.map(\.budget.capacity).reduce(0, +) <= options.budget.capacity + Int64(shards))
        #expect(channels.allSatisfy { $0.budget.capacity >= options.budget.capacity / Int64(shards) - 1 })
        options.budget.linkSpeed = 1
        #expect(options.channel(ofShard: 0, of: shards).budget.linkSpeed == 1)
    }

    @Test("what a member has promised comes back as it was written, and damage is told")
    func file() throws {
        var file = GroupFile(election: .quorum)
        file.ballot = Ballot(term: 7, votedFor: NodeID(3))
        file.commit = 99
        #expect(try GroupFile(json: file.json) == file)
        #expect(throws: GroupFile.Malformed.self) { try GroupFile(json: Array("{}".utf8)) }
    }

    @Test("a leader is confirmed by as many others as make a majority, each counted once")
    func confirmations() {
        var confirmations = GroupConfirmations()
        var answers: [Bool] = []
        let number = confirmations.begin(4, endsAt: .max) { answers.append($0) }
        #expect(confirmations.confirmed(number, 3, by: NodeID(2), needed: 2) == nil)
        #expect(confirmations.confirmed(number, 4, by: NodeID(2), needed: 2) == nil)
        #expect(confirmations.confirmed(number, 4, by: NodeID(2), needed: 2) == nil)
        confirmations.confirmed(number, 4, by: NodeID(3), needed: 2)?(true)
        #expect(confirmations.takeLate(nil).isEmpty && answers == [true])
        _ = confirmations.begin(4, endsAt: 10) { answers.append($0) }
        _ = confirmations.begin(4, endsAt: 20) { answers.append($0) }
        #expect(confirmations.takeLate(9).isEmpty)
        for done in confirmations.takeLate(10) { done(false) }
        #expect(answers == [true, false])
        #expect(confirmations.takeLate(nil).count == 1 && confirmations.takeLate(nil).isEmpty)
    }
}
