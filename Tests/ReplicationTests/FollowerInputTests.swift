import Primitives
import RESP
import Testing

@testable import Replication

/// What a primary may send, and what a replica makes of it.
@Suite struct FollowerInputTests {
    /// An event with its bytes kept.
    enum Seen: Equatable {
        case acknowledged(Position, History?)
        case refused(String)
        case snapshotBegan
        case chunk([UInt8])
        case snapshotEnded(Position)
        case frame(LSN, [UInt8])
        case ping(Position, Milliseconds)

        init(_ event: FollowerEvent) {
            switch event {
            case .acknowledged(let position, let history): self = .acknowledged(position, history)
            case .refused(let reason): self = .refused(reason.text)
            case .snapshotBegan: self = .snapshotBegan
            case .snapshotChunk(let bytes): self = .chunk(Array(bytes))
            case .snapshotEnded(let position): self = .snapshotEnded(position)
            case .frame(let lsn, let command): self = .frame(lsn, Array(command.encoded))
            case .ping(let tip, let time): self = .ping(tip, time)
            }
        }
    }

    /// Feeds pieces, keeping what was not consumed, as a connection does. Pieces of a chunk that follow each other are joined.
    static func feed(
        _ input: inout FollowerInput,
        _ pieces: [[UInt8]]
    ) -> (seen: [Seen], error: FollowerError?, left: [UInt8]) {
        var seen: [Seen] = []
        var held: [UInt8] = []
        for piece in pieces {
            held += piece
            do throws(FollowerError) {
                while true {
                    var found: Seen?
                    var failure: FollowerError?
                    let consumed = held.withUnsafeBytes { bytes -> Int in
                        do throws(FollowerError) {
                            let next = try input.next(in: bytes)
                            found = next.event.map { Seen($0) }
                            return next.consumed
                        } catch {
                            failure = error
                            return 0
                        }
                    }
                    if let failure { throw failure }
                    held.removeFirst(consumed)
                    guard let found else { break }
                    if case .chunk(let more) = found, case .chunk(let before)? = seen.last {
                        seen[seen.count - 1] = .chunk(before + more)
                    } else {
                        seen.append(found)
                    }
                }
            } catch {
                return (seen, error, held)
            }
        }
        return (seen, nil, held)
    }

    static let history = History(seed: 4)
    static let mutations = [
        encoded("SET", "a", "1"), encoded("SET", "b", String(repeating: "v", count: 300)), encoded("DEL", "a"),
        encoded("SET", "\r\n*2\r\n:7\r\n", "\r\n+PING 1 2\r\n-ERR"), encoded("FLUSHALL"),
    ]

    /// Everything that a primary may say to a replica at position 5, and what is to be seen of it.
    static var script: (bytes: [UInt8], seen: [Seen]) {
        var bytes = Array("+ACK 5 \(Self.history.hex)\r\n".utf8)
        var seen = [Seen.acknowledged(5, Self.history)]
        func add(_ text: String, _ event: Seen? = nil) {
            bytes += Array(text.utf8)
            if let event { seen.append(event) }
        }
        func frames(after position: Position) {
            for (index, mutation) in Self.mutations.enumerated() {
                let lsn = position + LSN(index) + 1
                bytes += expectedFrame(lsn, mutation)
                seen.append(.frame(lsn, mutation))
            }
        }
        add("+PING 5 1000\r\n", .ping(5, 1000))
        frames(after: 5)
        add("+PING 10 -1\r\n", .ping(10, -1))
        add("+SNAPSHOT\r\n", .snapshotBegan)
        add("$5\r\nab\r\nc\r\n$0\r\n\r\n$1\r\n+\r\n", .chunk(Array("ab\r\nc+".utf8)))
        // It starts over.
        add("+SNAPSHOT\r\n", .snapshotBegan)
        add("$3\r\n*2\r\r\n", .chunk(Array("*2\r".utf8)))
        add("+SNAPSHOT_END 900\r\n", .snapshotEnded(900))
        frames(after: 900)
        add("-ERR goodbye\r\n", .refused("ERR goodbye"))
        return (bytes, seen)
    }

    @Test("everything that a primary says is understood, wherever it is cut")
    func everyCut() {
        let (bytes, seen) = Self.script
        for cut in 0...bytes.count {
            var input = FollowerInput(asking: 5, isLongForm: true)
            let result = Self.feed(&input, [Array(bytes[..<cut]), Array(bytes[cut...])])
            #expect(result.seen == seen && result.error == nil && result.left.isEmpty, "cut at \(cut)")
            let position = input.position
            #expect(position == 905)
        }
        var input = FollowerInput(asking: 5, isLongForm: true)
        let single = Self.feed(&input, bytes.map { [$0] })
        #expect(single.seen == seen && single.error == nil)
    }

    @Test("a mutation begins between mutations, and never inside of a snapshot")
    func beginsFrame() throws {
        var input = FollowerInput(asking: 5, isLongForm: false)
        for (line, isFrame) in [("", false), ("+ACK 5\r\n", true), ("+SNAPSHOT\r\n", false), ("$2\r\n", false)] {
            _ = Self.feed(&input, [Array(line.utf8)])
            let begins = input.beginsFrame(UInt8(ascii: "*"))
            #expect(begins == isFrame, "after \(line)")
        }
        _ = Self.feed(&input, [Array("**\r\n+SNAPSHOT_END 9\r\n".utf8)])
        let (frame, line) = (input.beginsFrame(UInt8(ascii: "*")), input.beginsFrame(UInt8(ascii: "+")))
        #expect(frame && !line)
    }

    @Test("the short form is answered without a history")
    func shortForm() {
        var input = FollowerInput(asking: 0, isLongForm: false)
        let result = Self.feed(&input, [Array("+ACK 0\r\n".utf8), expectedFrame(1, Self.mutations[0])])
        #expect(result.seen == [.acknowledged(0, nil), .frame(1, Self.mutations[0])])
    }

    /// A state, and what leads there.
    static let ways: [(name: String, bytes: String)] = [
        ("answer", ""), ("stream", "+ACK 5 \(Self.history.hex)\r\n"),
        ("snapshot", "+ACK 5 \(Self.history.hex)\r\n+SNAPSHOT\r\n"),
        ("chunk", "+ACK 5 \(Self.history.hex)\r\n+SNAPSHOT\r\n$999\r\nab"),
        ("chunk's end", "+ACK 5 \(Self.history.hex)\r\n+SNAPSHOT\r\n$2\r\nab"),
    ]

    /// What may come, and what each state makes of it, in the order of `ways`.
    static let table: [(input: String, outcomes: [String])] = [
        ("+ACK 5 \(Self.history.hex)\r\n", ["acknowledged", "envelope", "snapshot", "bytes", "snapshot"]),
        ("-ERR no\r\n", ["refused", "refused", "refused", "bytes", "snapshot"]),
        ("+SNAPSHOT\r\n", ["answer", "began", "began", "bytes", "snapshot"]),
        ("$2\r\nxy\r\n", ["answer", "envelope", "chunk", "bytes", "snapshot"]),
        ("\r\n", ["answer", "envelope", "snapshot", "bytes", "nothing"]),
        ("+SNAPSHOT_END 7\r\n", ["answer", "envelope", "ended", "bytes", "snapshot"]),
        ("*2\r\n:5\r\n*1\r\n$4\r\nPING\r\n", ["answer", "frame", "snapshot", "bytes", "snapshot"]),
        ("+PING 5 6\r\n", ["answer", "ping", "ping", "bytes", "snapshot"]),
        ("+HELLO\r\n", ["answer", "envelope", "snapshot", "bytes", "snapshot"]),
        ("PING\r\n", ["answer", "envelope", "snapshot", "bytes", "snapshot"]),
    ]

    private func name(_ result: (seen: [Seen], error: FollowerError?, left: [UInt8])) -> String {
        switch result.error {
        case .malformedAnswer?: return "answer"
        case .malformedEnvelope?: return "envelope"
        case .malformedSnapshot?: return "snapshot"
        case let error?: return "\(error)"
        case nil: break
        }
        switch result.seen.first {
        case .acknowledged?: return "acknowledged"
        case .refused?: return "refused"
        case .snapshotBegan?: return "began"
        case .chunk(let bytes)?: return bytes == Array("xy".utf8) ? "chunk" : "bytes"
        case .snapshotEnded?: return "ended"
        case .frame?: return "frame"
        case .ping?: return "ping"
        case nil: return "nothing"
        }
    }

    @Test("every state has its answer to everything that may come", arguments: table.indices)
    func states(row: Int) {
        let (text, outcomes) = Self.table[row]
        for (way, outcome) in zip(Self.ways, outcomes) {
            var input = FollowerInput(asking: 5, isLongForm: true)
            _ = Self.feed(&input, [Array(way.bytes.utf8)])
            let result = Self.feed(&input, [Array(text.utf8)])
            let found = self.name(result)
            #expect(found == outcome, "\(way.name): \(text)")
        }
    }

    @Test("after an error nothing more is read, and the error stays")
    func failed() {
        var input = FollowerInput(asking: 5, isLongForm: true)
        let first = Self.feed(&input, [Array("+ACK 6 \(Self.history.hex)\r\n".utf8)])
        #expect(first.error == .malformedAnswer)
        let (bytes, _) = Self.script
        let second = Self.feed(&input, [bytes])
        #expect(second.error == .malformedAnswer && second.seen.isEmpty)
        #expect(input.state == .failed(.malformedAnswer))
    }

    @Test(
        "what is wrong with a frame has a name",
        arguments: [
            ("*3\r\n", FollowerError.malformedEnvelope), ("*2\r\n$1\r\n", .malformedOffset),
            ("*2\n", .malformedEnvelope),
            ("*2\r\n:\r\n", .malformedOffset), ("*2\r\n:05\r\n", .malformedOffset), ("*2\r\n:-1\r\n", .negativeOffset),
            ("*2\r\n:-9223372036854775808\r\n", .negativeOffset), ("*2\r\n:9223372036854775807\r\n", .malformedOffset),
            ("*2\r\n:99999999999999999999999", .malformedOffset), ("*2\r\n:5\r*1\r\n", .malformedOffset),
            ("*2\r\n:6\r\n", .gap(expected: 6, received: 7)), ("*2\r\n:4\r\n", .stepBack(expected: 6, received: 5)),
            ("*2\r\n:0\r\n", .stepBack(expected: 6, received: 1)), ("*2\r\n:5\r\nSET a 1\r\n", .malformedMutation),
            ("*2\r\n:5\r\n*0\r\n", .malformedMutation), ("*2\r\n:5\r\n*-1\r\n", .malformedMutation),
            ("*2\r\n:5\r\n*1\r\n:1\r\n", .malformedMutation), ("*2\r\n:5\r\n*1\r\n$-1\r\n", .malformedMutation),
            ("*2\r\n:5\r\n*9999999\r\n", .malformedMutation), ("*2\r\n:5\r\n*1\r\n$999999999\r\n", .malformedMutation),
            ("*2\r\n:5\r\n*1\r\n$1\r\nabc", .malformedMutation), ("*2\r\n:5\r\n+PING\r\n", .malformedMutation),
        ] as [(String, FollowerError)]
    )
    func malformedFrame(text: String, error: FollowerError) {
        for cut in 0...text.utf8.count {
            var input = FollowerInput(asking: 5, isLongForm: true)
            let bytes = Array(text.utf8)
            let pieces = [Array(Self.ways[1].bytes.utf8), Array(bytes[..<cut]), Array(bytes[cut...])]
            let result = Self.feed(&input, pieces)
            #expect(result.error == error && result.seen.count == 1, "\(text) cut at \(cut)")
        }
    }

    @Test("a line without an end, and a chunk that nobody could hold, are refused")
    func oversize() {
        let long = [UInt8](repeating: UInt8(ascii: "x"), count: FollowerInput.longestLine)
        for text in ["+", "-"] {
            var input = FollowerInput(asking: 5, isLongForm: true)
            let result = Self.feed(&input, [Array(text.utf8) + long])
            #expect(result.error == .oversize)
        }
        var input = FollowerInput(asking: 5, isLongForm: true)
        let result = Self.feed(&input, [Array((Self.ways[2].bytes + "$99999999999\r\n").utf8)])
        #expect(result.error == .oversize)
    }

    @Test("an answer to another question is refused")
    func answers() {
        for text in [
            "+ACK\r\n", "+ACK 5\r\n", "+ACK 4 \(Self.history.hex)\r\n", "+ACK 5 \(History.none.hex)\r\n",
            "+ACK 5 abc\r\n",
            "+ACK 5 \(Self.history.hex) more\r\n", "+ack 5 \(Self.history.hex)\r\n", "+OK\r\n", ":5\r\n", "\r\n", "\n",
        ] {
            var input = FollowerInput(asking: 5, isLongForm: true)
            #expect(Self.feed(&input, [Array(text.utf8)]).error == .malformedAnswer, "\(text)")
        }
    }

    @Test("garbage, and a stream with a bit or a piece gone, ends in an error or waits, and never traps")
    func garbage() {
        let (script, _) = Self.script
        var generator = SeededGenerator(seed: 11)
        for round in 0..<4000 {
            var bytes = script
            switch round % 4 {
            case 0: bytes = (0..<200).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
            case 1:
                bytes[Int.random(in: bytes.indices, using: &generator)] ^=
                    1 << UInt8.random(in: 0..<8, using: &generator)
            case 2: bytes.remove(at: Int.random(in: bytes.indices, using: &generator))
            default:
                let from = Int.random(in: bytes.indices, using: &generator)
                bytes.removeSubrange(from..<min(bytes.count, from + Int.random(in: 1...60, using: &generator)))
            }
            let cut = Int.random(in: 0...bytes.count, using: &generator)
            var input = FollowerInput(asking: 5, isLongForm: true)
            let result = Self.feed(&input, [Array(bytes[..<cut]), Array(bytes[cut...])])
            // What comes is in order, whatever was done to it.
            var expected: LSN = 6
            for seen in result.seen {
                if case .frame(let lsn, _) = seen {
                    #expect(lsn == expected)
                    expected = lsn + 1
                } else if case .snapshotEnded(let position) = seen {
                    expected = position + 1
                }
            }
        }
    }
}
