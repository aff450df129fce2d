// Commands on the whole data set when it is spread over several shards.

import Engine
import Keyspace
import NIOCore
import Primitives
import RESP
import Replication

extension ClientConnection {
    func join(_ id: CommandID, _ command: Command, _ writer: Writer) {
        switch id {
        case .dbsize:
            self.askAllShards {
                $0.engine.keyspace.count
            } answer: { counts, writer in
                writer.integer(counts.reduce(0, +))
            }
        case .flushall, .flushdb:
            guard Keyspace.acceptsFlush(command, writer) else { return }
            self.flushAllShards()
        case .keys:
            let pattern = Array(command[1])
            self.askAllShards {
                $0.keys(matching: pattern)
            } answer: { parts, writer in
                writer.array(parts.reduce(0) { $0 + $1.count })
                for part in parts { part.bytes.withUnsafeBytes { writer.raw($0) } }
            }
        case .randomkey:
            self.askAllShards {
                $0.randomKey()
            } answer: { candidates, writer in
                // Each key is as likely as any other: a shard counts as much as it holds.
                var choice = Int.random(in: 0..<max(1, candidates.reduce(0) { $0 + $1.weight }))
                for candidate in candidates {
                    choice -= candidate.weight
                    if choice < 0 { return candidate.bytes.withUnsafeBytes { writer.raw($0) } }
                }
                writer.null()
            }
        case .scan: self.scan(command, writer)
        default: self.refuse(CommandError.unknown(command), writer)
        }
    }

    private func flushAllShards() {
        let shards = self.shard.node.shards
        let futures = shards.map { shard in
            shard.loop.flatSubmit { shard.afterPause { shard.committed(shard.flush()) } }
        }
        self.wait(for: EventLoopFuture.whenAllSucceed(futures, on: self.shard.loop)) { replies, writer in
            self.noteWrites(replies)
            let refusal = replies.first { $0.bytes.first == UInt8(ascii: "-") }
            (refusal ?? replies[0]).bytes.withUnsafeBytes { writer.raw($0) }
        }
    }

    private func scan(_ command: Command, _ writer: Writer) {
        guard let request = ScanRequest(command, writer) else { return }
        let shards = self.shard.node.shards
        let index = ScanCursor.shard(ofNumber: request.number)
        guard index < shards.count, let cursor = ScanCursor(number: request.number) else {
            writer.array(2)
            writer.bulk("0")
            return writer.array(0)
        }
        let owner = shards[index]
        // A request borrows its command's bytes, so the command travels and is read again where it arrives.
        let encoded = Array(command.encoded)
        self.wait(for: owner.loop.flatSubmit { owner.held(owner.scan(from: cursor, encoded)) }) { part, writer in
            let isLast = part.next == nil && index + 1 == shards.count
            let next = part.next?.number(shard: index) ?? ScanCursor.start.number(shard: index + 1)
            writer.array(2)
            writer.bulk(isLast ? "0" : String(next))
            writer.array(part.count)
            part.bytes.withUnsafeBytes { writer.raw($0) }
        }
    }
}

/// Keys of one shard, as bulk strings one after the other.
struct KeyList: Sendable {
    var bytes: [UInt8]
    var count: Int
    var next: ScanCursor?
}

extension Shard {
    /// Changes the data outside a command, and shows what that wrote.
    func update<Result>(_ body: (inout Keyspace) -> Result) -> Result {
        let result = self.engine.update(now: WallClock.milliseconds, body)
        self.noteWrites()
        return result
    }

    func flush() -> ShardPart.Replies {
        var replies = ShardPart.Replies()
        if let refusal = self.writeRefusal {
            replies.bytes = Array("-\(refusal)\r\n".utf8)
        } else {
            let before = self.engine.tip
            self.update { $0.flush() }
            replies.bytes = Array("+OK\r\n".utf8)
            if self.engine.tip != before {
                replies.writes = [0]
                replies.position = self.engine.tip
            }
        }
        replies.ends = [replies.bytes.count]
        return replies
    }

    func keys(matching pattern: [UInt8]) -> KeyList {
        let writer = Writer()
        let count = self.update { keyspace in pattern.withUnsafeBytes { keyspace.keys(matching: $0, into: writer) } }
        return KeyList(bytes: Array(writer.bytes), count: count)
    }

    func scan(from cursor: ScanCursor, _ encoded: [UInt8]) -> KeyList {
        let writer = Writer()
        var parser = CommandParser()
        return encoded.withUnsafeBytes { bytes in
            guard case .command = parser.next(in: bytes), let request = ScanRequest(parser.current, writer) else {
                preconditionFailure("the command was read before it was sent")
            }
            let part = self.update { $0.scan(from: cursor, request, into: writer) }
            return KeyList(bytes: Array(writer.bytes), count: part.count, next: part.next)
        }
    }

    func randomKey() -> (bytes: [UInt8], weight: Int) {
        let writer = Writer()
        let isFound = self.update { $0.randomKey(into: writer) }
        return (Array(writer.bytes), isFound ? self.engine.keyspace.count : 0)
    }
}
