import Channels
import Testing

@Suite("nacks")
struct NackTests {
    private static let record = ChannelRecord(seq: 4, term: 1, payload: [1])
    /// Five records, of which the last is known.
    private static let log = LogTip(first: 0, tail: 5, last: Self.record.mark, lastTerm: 1)

    private func nack(_ code: Nack.Code, _ request: SyncRequest, first: Seq = 0) -> ChannelMessage.Body {
        .nack(Nack(since: request.since, code: code, firstRetained: first, id: request.id))
    }

    @Test("every code has its effect on a replica", arguments: Nack.Code.allCases)
    func everyCode(code: Nack.Code) throws {
        let node = Node(log: Self.log)
        let request = try #require(node.follow(tail: 9))
        #expect(request.since == 5 && request.previous == Self.record.mark)
        let actions = node.receive(self.nack(code, request, first: 8), from: 2)
        switch code {
        case .notLeader:
            #expect(node.channel.leader == nil && node.channel.role == .replica && actions.requests.isEmpty)
            // Whatever was asked is forgotten.
            let late = SyncResponse(first: 5, firstRetained: 0, commit: 0, id: request.id, records: [])
            node.receive(.syncResponse(late), from: 2)
            #expect(node.channel.counters.unknownIDs == 1)
        case .badRange:
            #expect(actions.jobs.map(\.work) == [.skip(to: 8)] && node.channel.counters.recordsSkipped == 3)
            #expect(node.store(actions).requests.map(\.since) == [8])
        case .backPressure:
            #expect(actions.requests.isEmpty && node.heartbeat(.leader, from: 2, tail: 9).requests.isEmpty)
            #expect(node.wait(1).requests.map(\.since) == [5])
        case .closed: #expect(node.channel.role == .idle)
        case .diverged:
            // It looks in the middle: first at its own record there, then at the leader's.
            let read = try #require(actions.reads.first)
            #expect(read.from == 2 && read.byteLimit == 0)
            let mark = RecordMark(term: 1, checksum: 77)
            let found = ReadOutcome.found(previous: mark, records: [], firstRetained: 0)
            let probe = try #require(node.take(.read(read.number, found)).requests.first)
            #expect(probe.since == 2 && probe.previous == mark && probe.chunkBytes == 1)
        }
    }

    @Test("a bad range without a first retained seq costs one record")
    func badRangeWithoutSeq() throws {
        let node = Node(log: Self.log)
        let request = try #require(node.follow(tail: 9))
        #expect(node.receive(self.nack(.badRange, request), from: 2).jobs.map(\.work) == [.skip(to: 6)])
    }

    @Test("a data set passes over nothing: it is fetched anew")
    func badRangeOfKeyspace() throws {
        let node = Node(log: Self.log) { $0.content = .keyspace }
        let request = try #require(node.follow(tail: 9))
        let actions = node.receive(self.nack(.badRange, request, first: 8), from: 2)
        guard case .fetchSnapshot(let number, from: NodeID(2), .trimmed) = actions.last else {
            return #expect(Bool(false), "\(actions)")
        }
        let mark = RecordMark(term: 1, checksum: 5)
        let installed = node.take(.snapshotFetched(number, tail: 9, last: mark))
        #expect(installed.jobs.map(\.work) == [.install(snapshot: number, tail: 9, last: mark, discarding: 5..<5)])
        node.store(installed)
        #expect(node.channel.log.tail == 9 && node.channel.durable == 9)
    }

    /// Asks a second time because the first request seems to be lost: both can be answered now.
    private func asksTwice(_ node: Node) throws -> (SyncRequest, SyncRequest) {
        let first = try #require(node.follow(tail: 9))
        node.wait(2)
        node.heartbeat(.leader, from: 2, tail: 9)
        let second = try #require(node.wait(1).requests.first)
        return (first, second)
    }

    @Test("what a node has cut away it does not send once it leads, although its disk still has it")
    func cutIsNotServed() throws {
        let node = Node(.nearest, log: Self.log)
        var request = try #require(node.follow(tail: 9))
        let known = ReadOutcome.found(previous: .none, records: [], firstRetained: 0)
        var jobs: [StorageJob] = []
        for _ in 0..<9 where jobs.isEmpty {
            var actions = node.receive(self.nack(.diverged, request), from: 2)
            if let read = actions.reads.first { actions = node.take(.read(read.number, known)) }
            jobs = actions.jobs
            if let probe = actions.requests.first { request = probe }
        }
        #expect(jobs.map(\.work) == [.truncate(to: 0)])
        for _ in 0..<9 { node.wait(1) }
        #expect(node.channel.role == .leader && node.channel.durable == 0)
        let asks = SyncRequest(since: 0, previous: .none, chunkBytes: 0, id: 3, traffic: .foreground)
        let read = try #require(node.receive(.syncRequest(asks), from: 3).reads.first)
        let cut = ChannelRecord(seq: 0, term: 1, payload: [1])
        let answers = node.take(.read(read.number, .found(previous: .none, records: [cut], firstRetained: 0)))
        #expect(answers.responses.isEmpty && answers.nacks.isEmpty)
        // Nor does what is still there prove anything about what came after the cut.
        node.take(.proposed(token: 1, payloads: [[UInt8]](repeating: [2], count: 9)))
        let stale = RecordMark(term: 1, checksum: 77)
        let later = SyncRequest(since: 5, previous: stale, chunkBytes: 0, id: 4, traffic: .foreground)
        let compared = try #require(node.receive(.syncRequest(later), from: 3).reads.first)
        let found = ReadOutcome.found(previous: stale, records: [], firstRetained: 0)
        #expect(node.take(.read(compared.number, found)).nacks.map(\.code) == [.backPressure])
    }

    @Test("a snapshot that takes the log's place ends a search that a late answer began")
    func snapshotEndsSearch() throws {
        let node = Node(.nearest, log: Self.log) { $0.content = .keyspace }
        let (first, second) = try self.asksTwice(node)
        let actions = node.receive(self.nack(.badRange, second, first: 8), from: 2)
        guard case .fetchSnapshot(let number, from: _, _) = actions.last else {
            return #expect(Bool(false), "\(actions)")
        }
        node.receive(self.nack(.diverged, first), from: 2)
        let mark = RecordMark(term: 1, checksum: 5)
        node.store(node.take(.snapshotFetched(number, tail: 2, last: mark)))
        #expect(node.channel.log.tail == 2)
        let next = try #require(node.wait(1).requests.first)
        #expect(next.since == 2 && next.previous == mark && next.chunkBytes != 1)
    }

    @Test("a gap that a late answer tells of ends a search, and the read that it waited for")
    func gapEndsSearch() throws {
        let node = Node(log: Self.log)
        let (first, second) = try self.asksTwice(node)
        let read = try #require(node.receive(self.nack(.diverged, second), from: 2).reads.first)
        let skipped = node.receive(self.nack(.badRange, first, first: 8), from: 2)
        #expect(skipped.jobs.map(\.work) == [.skip(to: 8)])
        #expect(node.store(skipped).requests.map(\.since) == [8])
        let found = ReadOutcome.found(previous: RecordMark(term: 1, checksum: 77), records: [], firstRetained: 0)
        #expect(node.take(.read(read.number, found)).isEmpty)
    }

    @Test("only a replica listens, only to its leader, and only to an answer", arguments: Nack.Code.allCases)
    func unwanted(code: Nack.Code) throws {
        let node = Node(log: Self.log)
        let request = try #require(node.follow(tail: 9))
        func isUnmoved(_ actions: [ChannelAction]) -> Bool {
            actions.isEmpty && node.channel.leader == NodeID(2) && node.channel.role == .replica
        }
        var other = request
        other.id ^= 1
        #expect(isUnmoved(node.receive(self.nack(code, other), from: 2)))
        #expect(node.channel.counters.unknownIDs == 1)
        #expect(isUnmoved(node.receive(self.nack(code, request), from: 3)))
        #expect(node.channel.counters.unwantedAnswers == 1)
        // The id was used up by that.
        #expect(isUnmoved(node.receive(self.nack(code, request), from: 2)))
        #expect(node.channel.counters.unknownIDs == 2)
    }

    @Test("the halves lead to the last common record, and the rest is cut and counted", arguments: 0...5)
    func halving(common: Seq) throws {
        let node = Node(log: Self.log)
        let request = try #require(node.follow(tail: 9))
        var actions = node.receive(self.nack(.diverged, request), from: 2)
        for _ in 0..<4 {
            guard let read = actions.reads.first else { break }
            let mark = read.from == 0 ? RecordMark.none : RecordMark(term: 1, checksum: UInt32(read.from))
            actions = node.take(.read(read.number, .found(previous: mark, records: [], firstRetained: 0)))
            guard let probe = actions.requests.first else { break }
            let record = ChannelRecord(seq: probe.since, term: 1, payload: [9])
            let agrees = SyncResponse(
                first: probe.since,
                firstRetained: 0,
                commit: 0,
                id: probe.id,
                records: [record]
            )
            actions = node.receive(
                probe.since <= common ? .syncResponse(agrees) : self.nack(.diverged, probe),
                from: 2
            )
        }
        // The last record is known to be another one.
        let expected = min(common, 4)
        #expect(actions.jobs.map(\.work) == [.truncate(to: expected)])
        #expect(node.channel.counters.recordsDiscarded == 5 - expected)
        #expect(node.store(actions).requests.map(\.since) == [expected])
    }
}
