import Channels
import Testing

@Suite("asking ahead of the disk")
struct AskAheadTests {
    private func chunk(_ request: SyncRequest, _ count: Int, commit: Seq = 0) -> ChannelMessage.Body {
        let records = (0..<UInt64(count)).map { ChannelRecord(seq: request.since + $0, term: 1, payload: [1]) }
        let response = SyncResponse(
            first: request.since,
            firstRetained: 0,
            commit: commit,
            id: request.id,
            records: records
        )
        return .syncResponse(response)
    }

    @Test("whoever is far behind asks for the next chunk before the last one is stored, and says what is")
    func asksAhead() throws {
        let node = Node()
        let first = try #require(node.follow(tail: 100))
        let second = node.receive(self.chunk(first, 10), from: 2)
        let ahead = try #require(second.requests.first)
        #expect(second.jobs.count == 1)
        guard case .send = second.first else {
            Issue.record("the leader could read while this chunk is stored: \(second)")
            return
        }
        #expect(ahead.since == 10 && ahead.durable == 0)
        #expect(ahead.previous == ChannelRecord(seq: 9, term: 1, payload: [1]).mark)

        // Stored while the request is open: told at once, and not asked again.
        let stored = node.store(second)
        #expect(stored.requests.isEmpty)
        #expect(stored.messages.map(\.body) == [.stored(before: 10)])
        let third = try #require(node.receive(self.chunk(ahead, 10), from: 2).requests.first)
        #expect(third.since == 20 && third.durable == 10)
    }

    @Test("whoever has all that the leader told of waits for its disk, and where it asks is what it has")
    func nearlyCurrent() throws {
        let node = Node()
        let first = try #require(node.follow(tail: 10))
        let chunk = node.receive(self.chunk(first, 10), from: 2)
        #expect(chunk.requests.isEmpty)
        let next = try #require(node.store(chunk).requests.first)
        #expect(next.since == 10 && next.durable == 10)
    }

    @Test("in the background nobody hurries: the next chunk is asked for once the last one is stored")
    func background() throws {
        let node = Node { $0.traffic = .background }
        let first = try #require(node.follow(tail: 100))
        let chunk = node.receive(self.chunk(first, 10), from: 2)
        #expect(chunk.requests.isEmpty)
        let next = try #require(node.store(chunk).requests.first)
        #expect(next.since == 10 && next.durable == 10)
    }

    /// Two megabytes, or four chunks where they are large.
    @Test(
        "only so many chunks are on their way to the disk",
        arguments: [
            (chunkBytes: UInt32(256 << 10), jobs: 8), (1 << 10, 8), (1 << 20, 4), (64 << 20, 4), (0, 4),
        ]
    )
    func window(_ chunkBytes: UInt32, _ most: Int) throws {
        let node = Node { $0.chunkBytes = chunkBytes }
        var request = try #require(node.follow(tail: 100))
        var jobs: [StorageJob] = []
        var open: SyncRequest?
        repeat {
            let actions = node.receive(self.chunk(request, 1), from: 2)
            jobs += actions.jobs
            open = actions.requests.first
            if let open { request = open }
        } while open != nil
        #expect(jobs.count == most)
        let next = node.take(.stored(jobs[0].number)).requests
        #expect(next.map(\.since) == [Seq(most)] && next.map(\.durable) == [1])
    }

    @Test("what was asked ahead is forgotten when the disk takes no more")
    func diskPressure() throws {
        let node = Node { $0.diskPressure = .evictOldest }
        let first = try #require(node.follow(tail: 100))
        let ahead = try #require(node.receive(self.chunk(first, 10), from: 2).requests.first)
        node.take(.storageFailed(LogTip()))
        let late = node.receive(self.chunk(ahead, 10), from: 2)
        #expect(late.jobs.isEmpty && node.channel.log.tail == 0)
        #expect(node.wait(1).requests.map(\.since) == [0])
    }

    @Test("a leader counts what is on a replica's disk, not what it was sent")
    func leaderCounts() {
        let node = Node()
        node.lead()
        let written = node.take(.proposed(token: 8, payloads: [[1]]))
        node.store(written)
        let mark = ChannelRecord(seq: 1, term: 1, payload: [1]).mark
        let ahead = SyncRequest(
            since: 2,
            durable: 1,
            previous: mark,
            chunkBytes: 0,
            id: 3,
            traffic: .foreground
        )
        #expect(node.receive(.syncRequest(ahead), from: 2).acknowledged == [])
        #expect(node.channel.commit == 1)
        // Nobody has stored what was never written, and nobody but a member of this term counts.
        #expect(node.receive(.stored(before: 3), from: 2).acknowledged == [])
        #expect(node.receive(.stored(before: 2), from: 2, term: 0).acknowledged == [])
        #expect(node.receive(.stored(before: 2), from: 2).acknowledged == [8])
    }

    @Test("a request that claims more than it asks behind proves no more than that")
    func exaggerated() {
        let node = Node()
        node.lead()
        node.store(node.take(.proposed(token: 8, payloads: [[1]])))
        let first = ChannelRecord(seq: 0, term: 1, payload: []).mark
        let request = SyncRequest(since: 1, durable: 2, previous: first, chunkBytes: 0, id: 3, traffic: .foreground)
        let read = node.receive(.syncRequest(request), from: 2).reads
        let found = ReadOutcome.found(
            previous: first,
            records: [ChannelRecord(seq: 1, term: 1, payload: [1])],
            firstRetained: 0
        )
        #expect(node.take(.read(read[0].number, found)).acknowledged == [])
        #expect(node.channel.commit == 1)
    }
}
