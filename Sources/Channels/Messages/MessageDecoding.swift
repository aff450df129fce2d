package import Primitives

extension ChannelMessage {
    /// Reads exactly one message, without its length. Never traps, whatever the bytes are.
    package init(decoding bytes: Bytes) throws(MessageError) {
        guard bytes.count <= MessageLayout.largestMessage else { throw .tooLong(bytes.count) }
        var reader = MessageReader(bytes: bytes)
        let subprotocol = try reader.read(UInt16.self)
        guard subprotocol == MessageLayout.subprotocol else { throw .wrongSubprotocol(subprotocol) }
        let number = try reader.read(UInt8.self)
        guard let code = MessageLayout.Code(rawValue: number) else { throw .wrongCode(number) }
        let channel = try reader.readChannel()
        let term = try reader.read(Term.self)
        self.init(channel: channel, term: term, body: try reader.readBody(code))
        guard reader.remaining == 0 else { throw .trailingBytes(reader.remaining) }
    }
}

private struct MessageReader {
    let bytes: Bytes
    private var offset = 0

    init(bytes: Bytes) { self.bytes = bytes }

    var remaining: Int { self.bytes.count - self.offset }

    private mutating func take(_ count: Int) throws(MessageError) -> Bytes {
        guard self.remaining >= count else {
            throw .truncated(needed: self.offset + count, had: self.bytes.count)
        }
        defer { self.offset += count }
        return Bytes(rebasing: self.bytes[self.offset..<(self.offset + count)])
    }

    mutating func read<Value: FixedWidthInteger>(_: Value.Type) throws(MessageError) -> Value {
        Value(littleEndian: try self.take(MemoryLayout<Value>.size).loadUnaligned(as: Value.self))
    }

    mutating func readChannel() throws(MessageError) -> ChannelID {
        ChannelID(copying: try self.take(ChannelID.size))
    }

    private mutating func readFlag() throws(MessageError) -> Bool {
        let value = try self.read(UInt8.self)
        guard value <= 1 else { throw .badFlag(value) }
        return value == 1
    }

    mutating func readBody(_ code: MessageLayout.Code) throws(MessageError) -> ChannelMessage.Body {
        switch code {
        case .syncRequest: .syncRequest(try self.readRequest())
        case .requestAhead: .syncRequest(try self.readRequestAhead())
        case .syncResponse: .syncResponse(try self.readResponse())
        case .heartbeat: .heartbeat(try self.readHeartbeat())
        case .nack: .nack(try self.readNack())
        case .voteRequest: .voteRequest(try self.readVoteRequest())
        case .voteReply: .voteReply(isGranted: try self.readFlag())
        case .stored: .stored(before: try self.read(Seq.self))
        }
    }

    private mutating func readRequest() throws(MessageError) -> SyncRequest {
        let since = try self.read(Seq.self)
        let previous = RecordMark(term: try self.read(Term.self), checksum: try self.read(UInt32.self))
        let chunkBytes = try self.read(UInt32.self)
        let id = try self.read(UInt64.self)
        let number = try self.read(UInt8.self)
        guard let traffic = TrafficClass(rawValue: number) else { throw .badClass(number) }
        return SyncRequest(since: since, previous: previous, chunkBytes: chunkBytes, id: id, traffic: traffic)
    }

    private mutating func readRequestAhead() throws(MessageError) -> SyncRequest {
        var request = try self.readRequest()
        request.durable = try self.read(Seq.self)
        return request
    }

    private mutating func readResponse() throws(MessageError) -> SyncResponse {
        let first = try self.read(Seq.self)
        let firstRetained = try self.read(Seq.self)
        let commit = try self.read(Seq.self)
        let id = try self.read(UInt64.self)
        let count = Int(try self.read(UInt32.self))
        var records: [ChannelRecord] = []
        // The count is somebody's word: it reserves no more than what the bytes can hold.
        records.reserveCapacity(min(count, self.remaining / MessageLayout.recordHeaderBytes))
        for _ in 0..<count {
            let seq = try self.read(Seq.self)
            let term = try self.read(Term.self)
            let length = Int(try self.read(UInt32.self))
            records.append(ChannelRecord(seq: seq, term: term, payload: Array(try self.take(length))))
        }
        return SyncResponse(first: first, firstRetained: firstRetained, commit: commit, id: id, records: records)
    }

    private mutating func readHeartbeat() throws(MessageError) -> Heartbeat {
        let tail = try self.read(Seq.self)
        let commit = try self.read(Seq.self)
        let number = try self.read(UInt8.self)
        guard let role = Role(rawValue: number) else { throw .badRole(number) }
        return Heartbeat(tail: tail, commit: commit, role: role, wallClock: try self.read(UInt64.self))
    }

    private mutating func readNack() throws(MessageError) -> Nack {
        let since = try self.read(Seq.self)
        let number = try self.read(UInt8.self)
        guard let code = Nack.Code(rawValue: number) else { throw .badNackCode(number) }
        let firstRetained = try self.read(Seq.self)
        let id = try self.read(UInt64.self)
        let length = Int(try self.read(UInt16.self))
        guard let detail = String(validating: try self.take(length), as: UTF8.self) else { throw .invalidUTF8 }
        return Nack(since: since, code: code, firstRetained: firstRetained, id: id, detail: detail)
    }

    private mutating func readVoteRequest() throws(MessageError) -> VoteRequest {
        let lastTerm = try self.read(Term.self)
        let tail = try self.read(Seq.self)
        return VoteRequest(lastTerm: lastTerm, tail: tail, isPreVote: try self.readFlag())
    }
}
