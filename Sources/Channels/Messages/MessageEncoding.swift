extension ChannelMessage {
    /// The message's bytes, without the length that stands before it on a connection.
    package var encoded: [UInt8] {
        var writer = MessageWriter(capacity: self.encodedBytes)
        self.write(to: &writer)
        return writer.bytes
    }

    /// The message as it goes over a connection: its length as a u32, then itself.
    package var framed: [UInt8] {
        var writer = MessageWriter(capacity: 4 + self.encodedBytes)
        writer.write(UInt32(0))
        self.write(to: &writer)
        writer.overwriteLength()
        return writer.bytes
    }

    /// About as many bytes as it takes; exact for what carries records.
    package var encodedBytes: Int {
        switch self.body {
        case .syncResponse(let response): MessageLayout.headerBytes + response.encodedBytes
        case .nack(let nack): MessageLayout.headerBytes + 27 + min(nack.detail.utf8.count, Nack.longestDetail)
        case .syncRequest, .heartbeat, .voteRequest, .voteReply, .stored: MessageLayout.headerBytes + 41
        }
    }

    private func write(to writer: inout MessageWriter) {
        writer.write(MessageLayout.subprotocol)
        writer.write(self.code.rawValue)
        writer.write(self.channel.bytes)
        writer.write(self.term)
        switch self.body {
        case .syncRequest(let request):
            writer.write(request.since)
            writer.write(request.previous.term)
            writer.write(request.previous.checksum)
            writer.write(request.chunkBytes)
            writer.write(request.id)
            writer.write(request.traffic.rawValue)
            if request.durable != request.since { writer.write(request.durable) }
        case .syncResponse(let response): writer.write(response)
        case .heartbeat(let heartbeat):
            writer.write(heartbeat.tail)
            writer.write(heartbeat.commit)
            writer.write(heartbeat.role.rawValue)
            writer.write(heartbeat.wallClock)
        case .nack(let nack):
            let detail = nack.detail.cut(toBytes: Nack.longestDetail)
            writer.write(nack.since)
            writer.write(nack.code.rawValue)
            writer.write(nack.firstRetained)
            writer.write(nack.id)
            writer.write(UInt16(detail.count))
            writer.write(detail)
        case .voteRequest(let request):
            writer.write(request.lastTerm)
            writer.write(request.tail)
            writer.write(UInt8(request.isPreVote ? 1 : 0))
        case .voteReply(let isGranted): writer.write(UInt8(isGranted ? 1 : 0))
        case .stored(let seq): writer.write(seq)
        }
    }

    package var code: MessageLayout.Code {
        switch self.body {
        case .syncRequest(let request): request.durable == request.since ? .syncRequest : .requestAhead
        case .syncResponse: .syncResponse
        case .heartbeat: .heartbeat
        case .nack: .nack
        case .voteRequest: .voteRequest
        case .voteReply: .voteReply
        case .stored: .stored
        }
    }
}

extension SyncResponse {
    /// Of the body.
    package var encodedBytes: Int {
        self.records.reduce(MessageLayout.responseHeaderBytes) { $0 + $1.encodedBytes }
    }
}

extension ChannelRecord {
    /// Within a response.
    package var encodedBytes: Int { MessageLayout.recordHeaderBytes + self.payload.count }
}

private struct MessageWriter {
    private(set) var bytes: [UInt8] = []

    init(capacity: Int) { self.bytes.reserveCapacity(capacity) }

    mutating func write(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.littleEndian) { self.bytes.append(contentsOf: $0) }
    }

    mutating func write(_ other: [UInt8]) { self.bytes.append(contentsOf: other) }

    mutating func write(_ response: SyncResponse) {
        self.write(response.first)
        self.write(response.firstRetained)
        self.write(response.commit)
        self.write(response.id)
        self.write(UInt32(response.records.count))
        for record in response.records {
            self.write(record.seq)
            self.write(record.term)
            self.write(UInt32(record.payload.count))
            self.write(record.payload)
        }
    }

    /// Puts the length of what follows into the first four bytes.
    mutating func overwriteLength() {
        withUnsafeBytes(of: UInt32(self.bytes.count - 4).littleEndian) { length in
            for (index, byte) in length.enumerated() { self.bytes[index] = byte }
        }
    }
}

extension String {
    /// The longest beginning of whole characters that takes at most so many bytes of UTF-8.
    func cut(toBytes limit: Int) -> [UInt8] {
        guard self.utf8.count > limit else { return Array(self.utf8) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(limit)
        for character in self {
            guard bytes.count + character.utf8.count <= limit else { break }
            bytes.append(contentsOf: character.utf8)
        }
        return bytes
    }
}
