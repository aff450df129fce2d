import Channels
import Testing

@Suite("messages")
struct MessageTests {
    static let channel = ChannelID(name: "shard/0")

    /// One of each kind, and of each code within a kind.
    static let samples: [ChannelMessage] = {
        var bodies: [ChannelMessage.Body] = [
            .syncResponse(SyncResponse(first: 7, firstRetained: 2, commit: 5, id: 9, records: [])),
            .syncResponse(
                SyncResponse(
                    first: 7,
                    firstRetained: 2,
                    commit: 5,
                    id: 9,
                    records: [
                        ChannelRecord(seq: 7, term: 3, payload: [1, 2, 3]), ChannelRecord(seq: 8, term: 3, payload: []),
                    ]
                )
            ),
            .voteRequest(VoteRequest(lastTerm: 4, tail: 11, isPreVote: true)),
            .voteRequest(VoteRequest(lastTerm: 4, tail: 11, isPreVote: false)),
            .voteReply(isGranted: true), .voteReply(isGranted: false), .stored(before: 0x0102_0304_0506_0708),
            .syncRequest(
                SyncRequest(since: 9, durable: 4, previous: .none, chunkBytes: 0, id: 1, traffic: .background)
            ),
        ]
        for traffic in TrafficClass.allCases {
            bodies.append(
                .syncRequest(
                    SyncRequest(
                        since: 0x0102_0304_0506_0708,
                        previous: RecordMark(term: 3, checksum: 0xaabb_ccdd),
                        chunkBytes: 0x10_0000,
                        id: 0x1122_3344_5566_7788,
                        traffic: traffic
                    )
                )
            )
        }
        for role in Role.allCases {
            bodies.append(.heartbeat(Heartbeat(tail: 12, commit: 11, role: role, wallClock: 1_700_000_000_000)))
        }
        for code in Nack.Code.allCases {
            bodies.append(.nack(Nack(since: 3, code: code, firstRetained: 1, id: 5, detail: "na\u{ef}ve")))
        }
        return bodies.map { ChannelMessage(channel: Self.channel, term: 6, body: $0) }
    }()

    static func decode(_ bytes: [UInt8]) throws(MessageError) -> ChannelMessage {
        try bytes.withUnsafeBytes { bytes in
            Result { () throws(MessageError) in try ChannelMessage(decoding: bytes) }
        }.get()
    }

    /// Bytes that stand behind the header, which is checked, as hex digits.
    private func body(_ body: ChannelMessage.Body, _ code: UInt8) -> String {
        let bytes = ChannelMessage(channel: Self.channel, term: 0x0a0b, body: body).encoded
        let header = [0x00, 0x0e, code] + Self.channel.bytes + [0x0b, 0x0a, 0, 0, 0, 0, 0, 0]
        #expect(Array(bytes.prefix(header.count)) == header && header.count == MessageLayout.headerBytes)
        return bytes.dropFirst(header.count).map { byte in
            String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
        }.joined()
    }

    @Test("a sync request is since, the record before, chunk, id and class")
    func syncRequest() {
        let request = SyncRequest(
            since: 0x0102,
            previous: RecordMark(term: 3, checksum: 0xaabb_ccdd),
            chunkBytes: 0x40000,
            id: 0x99,
            traffic: .realtime
        )
        #expect(
            self.body(.syncRequest(request), 0x20)
                == "0201000000000000" + "0300000000000000" + "ddccbbaa" + "00000400" + "9900000000000000" + "02"
        )
    }

    @Test("a request ahead of the disk is the same, with what is durable behind it")
    func requestAhead() {
        let request = SyncRequest(
            since: 0x0102,
            durable: 0x0101,
            previous: RecordMark(term: 3, checksum: 0xaabb_ccdd),
            chunkBytes: 0x40000,
            id: 0x99,
            traffic: .background
        )
        #expect(
            self.body(.syncRequest(request), 0x26)
                == "0201000000000000" + "0300000000000000" + "ddccbbaa" + "00000400" + "9900000000000000" + "01"
                + "0101000000000000"
        )
        #expect(self.body(.stored(before: 0x0304), 0x27) == "0403000000000000")
    }

    @Test("a sync response is three seqs, id and count, and then its records")
    func syncResponse() {
        let record = ChannelRecord(seq: 7, term: 2, payload: [0xfe, 0xff])
        let response = SyncResponse(first: 7, firstRetained: 1, commit: 4, id: 0x55, records: [record])
        #expect(
            self.body(.syncResponse(response), 0x21)
                == "0700000000000000" + "0100000000000000" + "0400000000000000" + "5500000000000000" + "01000000"
                + "0700000000000000" + "0200000000000000" + "02000000" + "feff"
        )
        #expect(response.encodedBytes == MessageLayout.responseHeaderBytes + 22)
    }

    @Test("a heartbeat is tail, commit, role and wall clock")
    func heartbeat() {
        let roles: [(Role, String)] = [(.leader, "00"), (.replica, "01"), (.candidate, "02"), (.idle, "03")]
        for (role, digits) in roles {
            let heartbeat = Heartbeat(tail: 3, commit: 2, role: role, wallClock: 0x0102)
            #expect(
                self.body(.heartbeat(heartbeat), 0x22)
                    == "0300000000000000" + "0200000000000000" + digits + "0201000000000000"
            )
        }
    }

    @Test("a nack is since, code, first retained, id and a detail with its length")
    func nack() {
        let codes: [(Nack.Code, String)] = [
            (.notLeader, "01"), (.badRange, "02"), (.backPressure, "03"), (.closed, "04"), (.diverged, "05"),
        ]
        #expect(codes.count == Nack.Code.allCases.count)
        for (code, digits) in codes {
            let nack = Nack(since: 4, code: code, firstRetained: 3, id: 2, detail: "hm")
            #expect(
                self.body(.nack(nack), 0x23)
                    == "0400000000000000" + digits + "0300000000000000" + "0200000000000000" + "0200" + "686d"
            )
        }
    }

    @Test("a vote request is last term, tail and pre-vote; its reply is one byte")
    func votes() {
        let request = VoteRequest(lastTerm: 5, tail: 6, isPreVote: true)
        #expect(self.body(.voteRequest(request), 0x24) == "0500000000000000" + "0600000000000000" + "01")
        #expect(self.body(.voteReply(isGranted: true), 0x25) == "01")
        #expect(self.body(.voteReply(isGranted: false), 0x25) == "00")
    }

    @Test("what is encoded is decoded to the same", arguments: Self.samples)
    func roundTrip(message: ChannelMessage) throws {
        #expect(try Self.decode(message.encoded) == message)
    }

    @Test("a message cut at any byte is truncated, and says what it had", arguments: Self.samples)
    func truncations(message: ChannelMessage) {
        let bytes = message.encoded
        for count in 0..<bytes.count {
            do throws(MessageError) {
                _ = try Self.decode(Array(bytes.prefix(count)))
                Issue.record("\(count) of \(bytes.count) bytes were taken for a message")
            } catch {
                guard case .truncated(let needed, let had) = error else {
                    Issue.record("\(count) of \(bytes.count) bytes: \(error)")
                    continue
                }
                #expect(had == count && needed > count && needed <= bytes.count)
            }
        }
    }

    @Test("a message with a byte too many is refused", arguments: Self.samples)
    func trailing(message: ChannelMessage) {
        #expect(throws: MessageError.trailingBytes(1)) { try Self.decode(message.encoded + [0]) }
    }

    @Test("every number that means nothing is refused by its name")
    func badNumbers() {
        func broken(_ sample: ChannelMessage, at offset: Int, _ value: UInt8) -> [UInt8] {
            var bytes = sample.encoded
            bytes[offset < 0 ? bytes.count + offset : offset] = value
            return bytes
        }
        func sample(_ code: MessageLayout.Code) -> ChannelMessage {
            Self.samples.first { $0.code == code } ?? Self.samples[0]
        }
        let header = MessageLayout.headerBytes
        let known = Set(MessageLayout.Code.allCases.map(\.rawValue))
        #expect(throws: MessageError.wrongSubprotocol(0x0f00)) { try Self.decode(broken(sample(.nack), at: 1, 0x0f)) }
        for code in UInt8.min ... .max where !known.contains(code) {
            #expect(throws: MessageError.wrongCode(code)) { try Self.decode(broken(sample(.nack), at: 2, code)) }
        }
        for value in 4...UInt8.max {
            let bytes = broken(sample(.heartbeat), at: header + 16, value)
            #expect(throws: MessageError.badRole(value)) { try Self.decode(bytes) }
        }
        for value in [0] + Array(6...UInt8.max) {
            let bytes = broken(sample(.nack), at: header + 8, value)
            #expect(throws: MessageError.badNackCode(value)) { try Self.decode(bytes) }
        }
        for value in 3...UInt8.max {
            #expect(throws: MessageError.badClass(value)) {
                try Self.decode(broken(sample(.syncRequest), at: -1, value))
            }
        }
        for value in 2...UInt8.max {
            #expect(throws: MessageError.badFlag(value)) {
                try Self.decode(broken(sample(.voteRequest), at: -1, value))
            }
            #expect(throws: MessageError.badFlag(value)) { try Self.decode(broken(sample(.voteReply), at: -1, value)) }
        }
        #expect(throws: MessageError.invalidUTF8) { try Self.decode(broken(sample(.nack), at: -1, 0xff)) }
    }

    @Test("a count of four thousand million reserves nothing")
    func untrustedCount() {
        let empty = SyncResponse(first: 0, firstRetained: 0, commit: 0, id: 0, records: [])
        var bytes = ChannelMessage(channel: Self.channel, term: 1, body: .syncResponse(empty)).encoded
        for index in (bytes.count - 4)..<bytes.count { bytes[index] = 0xff }
        #expect(throws: MessageError.truncated(needed: bytes.count + 8, had: bytes.count)) { try Self.decode(bytes) }
    }

    @Test("a long detail is cut at a character")
    func longDetail() throws {
        let detail = "a" + String(repeating: "\u{20ac}", count: 30_000)
        let nack = Nack(since: 0, code: .closed, firstRetained: 0, id: 0, detail: detail)
        let message = try Self.decode(ChannelMessage(channel: Self.channel, term: 1, body: .nack(nack)).encoded)
        guard case .nack(let read) = message.body else { return #expect(Bool(false), "not a nack") }
        // 1 + 3 × 21 844 = 65 533; one more character would not fit.
        #expect(read.detail.utf8.count == 65_533 && detail.hasPrefix(read.detail))
    }

    @Test("random bytes are never taken for anything but a message or an error")
    func randomBytes() {
        var generator = TestGenerator(state: 11)
        for message in Self.samples {
            for _ in 0..<300 {
                var bytes = message.encoded
                for _ in 0...Int(generator.next() % 4) {
                    bytes[Int(generator.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: generator.next())
                }
                if let decoded = try? Self.decode(bytes) { #expect(decoded.encoded == bytes) }
            }
        }
    }
}
