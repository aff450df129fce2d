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
        let replies = self.run(part, version: version)
        // Nothing could be done before a pause ends: only then there is something to answer with.
        guard replies.used > 0 || self.pauses.scope == nil || part.commands.isEmpty else {
            return self.afterPause { self.runAndHold(part, version: version, token: token) }
        }
        let committed = self.committed(replies, token: token)
        guard part.readsConsistently, self.group != nil else { return committed }
        return committed.flatMap { replies in
            let promise = self.loop.makePromise(of: ShardPart.Replies.self)
            self.group?.confirmLeadership { $0 ? promise.succeed(replies) : promise.fail(ReplyLost()) }
            return promise.futureResult
        }
    }

    /// Carries out commands that another shard's connection sent, up to `mostReplyBytes` of replies, or to one that must
    /// wait for the end of a pause.
    func run(_ part: ShardPart, version: ProtocolVersion) -> ShardPart.Replies {
        self.loop.preconditionInEventLoop()
        self.now = WallClock.milliseconds
        self.group?.refreshIfOld()
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
                if self.isGuarded, self.mustWait(parser.current) { break }
                if self.runHere(parser.current, writer, &replies.slow, isReadOnly: part.isReadOnly) {
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

    /// Runs `body`, and remembers the command if that took long.
    func timed(_ command: Command, _ slow: inout [SlowCommand], _ body: () -> Void) {
        let microseconds = CommandTiming.measure(body).microseconds
        if microseconds >= self.timing.threshold { slow.append(SlowCommand(command, microseconds: microseconds)) }
    }

    private func mustWait(_ command: Command) -> Bool {
        guard let index = self.node.table.index(of: command[0]) else { return false }
        guard case .waits = self.verdict(index, command, isReadOnly: true) else { return false }
        return true
    }

    /// - Returns: whether it wrote.
    private func runHere(
        _ command: Command,
        _ writer: Writer,
        _ slow: inout [SlowCommand],
        isReadOnly: Bool
    ) -> Bool {
        guard let index = self.node.table.index(of: command[0]) else {
            writer.error(CommandError.unknown(command))
            return false
        }
        if let refusal = self.refusal(index, command, isReadOnly: isReadOnly) {
            writer.error(refusal)
            return false
        }
        let id = self.node.table.specs[index].id
        if self.timing.isTimed(self.node.table.specs[index].timing) {
            self.timed(command, &slow) { self.engine.execute(id, command, now: self.now, writer) }
        } else {
            self.engine.execute(id, command, now: self.now, writer)
        }
        return self.noteWrites()
    }
}
