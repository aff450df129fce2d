import Channels
import Testing

@Suite("framing")
struct MessageFramerTests {
    private func feed(_ framer: inout MessageFramer, _ bytes: ArraySlice<UInt8>) throws(MessageError) -> [[UInt8]] {
        var found: [[UInt8]] = []
        let result = bytes.withUnsafeBytes { bytes in
            Result { () throws(MessageError) in try framer.received(bytes) { found.append(Array($0)) } }
        }
        try result.get()
        return found
    }

    @Test("messages come out whole, however the connection cuts them", arguments: [1, 2, 3, 7, 50, 1000])
    func anyCut(step: Int) throws {
        let messages = MessageTests.samples
        let bytes = messages.flatMap(\.framed)
        var framer = MessageFramer()
        var found: [[UInt8]] = []
        for start in stride(from: 0, to: bytes.count, by: step) {
            found += try self.feed(&framer, bytes[start..<min(start + step, bytes.count)])
        }
        #expect(found == messages.map(\.encoded) && framer.heldBytes == 0)
    }

    @Test("a length over the limit is refused before anything is kept for it")
    func tooLong() {
        var framer = MessageFramer(limit: 100)
        #expect(throws: MessageError.tooLong(101)) { try self.feed(&framer, [101, 0, 0, 0]) }
        #expect(framer.heldBytes == 0)
    }

    @Test("the largest record fits into a message")
    func largest() {
        let record = ChannelRecord(seq: 0, term: 1, payload: [UInt8](repeating: 0, count: ChannelRecord.largestPayload))
        let response = SyncResponse(first: 0, firstRetained: 0, commit: 0, id: 0, records: [record])
        #expect(response.encodedBytes + MessageLayout.headerBytes <= MessageLayout.largestMessage)
        #expect(record.encodedBytes == MessageLayout.largestChunk)
    }
}
