import Engine
import Keyspace
import NIOCore
import Primitives
import RESP

extension Shard {
    /// Carries out commands that another shard's connection sent, and answers when the log allows.
    func runAndHold(
        _ part: ShardPart,
        version: ProtocolVersion,
        token: UInt64? = nil
    ) -> EventLoopFuture<ShardPart.Replies> {
        self.committed(self.run(part, version: version), token: token)
    }

    /// Carries out commands that another shard's connection sent, up to `mostReplyBytes` of replies.
    func run(_ part: ShardPart, version: ProtocolVersion) -> ShardPart.Replies {
        self.loop.preconditionInEventLoop()
        self.now = WallClock.milliseconds
        var replies = ShardPart.Replies()
        let writer = self.writer
        precondition(writer.count == 0, "the writer is empty between reads")
        writer.version = version
        var parser = CommandParser()
        part.commands.withUnsafeBytes { bytes in
            var used = 0
            while writer.count < ShardPart.mostReplyBytes,
                case .command(let consumed) = parser.next(in: Bytes(rebasing: bytes[used...]))
            {
                if self.runHere(parser.current, writer) {
                    replies.writes.append(replies.ends.count)
                    replies.position = self.engine.tip
                }
                replies.ends.append(writer.count)
                parser.advance()
                used += consumed
            }
            replies.used = used
        }
        replies.bytes = Array(writer.bytes)
        writer.removeAll()
        return replies
    }

    /// - Returns: whether it wrote.
    private func runHere(_ command: Command, _ writer: Writer) -> Bool {
        guard let index = self.node.table.index(of: command[0]) else {
            writer.error(CommandError.unknown(command))
            return false
        }
        if let refusal = self.refusal(index, command) {
            writer.error(refusal)
            return false
        }
        self.engine.execute(self.node.table.specs[index].id, command, now: self.now, writer)
        return self.noteWrites()
    }
}
