// Commands between MULTI and EXEC, as they are kept on the connection and travel to the shard that carries them out.

import Engine
import Keyspace
import NIOCore
import Primitives
import RESP
import ReplicationLog

/// A transaction that is gathered.
struct Transaction: Sendable {
    /// Encoded, one after the other.
    private(set) var commands: [UInt8] = []
    private(set) var count = 0
    private(set) var hasWrites = false
    /// The shard of the keys named so far; nil when there were none.
    var shard: Int?
    /// A command was refused: EXEC will be.
    private(set) var isAborted = false
    /// Arguments of the commands, with what each adds to the mutation that they become.
    private var arguments = 0
    /// Commands that the connection answered itself on behalf of another shard, by their place.
    private(set) var answers: [Int: [UInt8]] = [:]

    /// Bytes of a transaction's commands at most, whatever the client may send: half of what the log takes, because what a
    /// command becomes can be longer than itself.
    static let mostBytes = LogRecord.longestPayload / 2
    /// What `MULTI` and the number of commands add.
    private static let envelopeArguments = 2

    /// Adds a command, unless the transaction is given up anyway.
    /// - Parameter byteLimit: `client-query-buffer-limit`.
    /// - Returns: why it cannot be added; nil when it was.
    mutating func add(_ command: Command, isWrite: Bool, byteLimit: Int) -> String? {
        guard !self.isAborted else { return nil }
        let byteLimit = min(byteLimit, Self.mostBytes)
        guard self.commands.count + command.length <= byteLimit else {
            return "ERR the transaction is longer than \(byteLimit) bytes"
        }
        let argumentLimit = Limits.argumentCount - Self.envelopeArguments
        guard self.arguments + command.count + 1 <= argumentLimit else {
            return "ERR the transaction has more than \(argumentLimit) arguments"
        }
        self.commands.append(contentsOf: command.encoded)
        self.count += 1
        self.arguments += command.count + 1
        self.hasWrites = self.hasWrites || isWrite
        return nil
    }

    /// What comes now need not be kept.
    mutating func abort() {
        self.isAborted = true
        self.commands = []
        self.count = 0
    }

    mutating func answer(_ index: Int, with reply: [UInt8]) { self.answers[index] = reply }

    /// Visits the commands in their order.
    func visit(_ body: (Int, Command) -> Void) {
        var parser = CommandParser()
        self.commands.withUnsafeBytes { bytes in
            var used = 0
            for index in 0..<self.count {
                guard case .command(let consumed) = parser.next(in: Bytes(rebasing: bytes[used...])) else {
                    preconditionFailure("what was queued was parsed before")
                }
                body(index, parser.current)
                parser.advance()
                used += consumed
            }
        }
    }
}

extension Shard {
    /// Carries out a transaction as a whole, and appends one reply.
    /// - Parameters:
    ///   - watcher: the client, if it watches keys here.
    ///   - slow: gets the commands that took long.
    ///   - serve: answers a command that is not about keys.
    /// - Returns: whether it wrote.
    func run(
        _ transaction: Transaction,
        watcher: Int64?,
        _ writer: Writer,
        slow: inout [SlowCommand],
        serve: (Int, Command) -> Void
    ) -> Bool {
        self.engine.keyspace.now = self.now
        let isChanged = watcher.map { self.engine.keyspace.hasChanged(for: $0) } ?? false
        if let watcher { self.engine.keyspace.unwatch(watcher) }
        if transaction.hasWrites, let refusal = self.writeRefusal {
            self.statistics.errors += 1
            writer.error("EXECABORT Transaction discarded because of: \(refusal)")
            return false
        }
        if let group = self.group, let refusal = group.refusal(transaction) {
            self.statistics.errors += 1
            writer.error("EXECABORT Transaction discarded because of: \(refusal)")
            return false
        }
        guard !isChanged else {
            writer.nullArray()
            return false
        }
        writer.array(transaction.count)
        self.engine.beginTransaction(now: self.now)
        transaction.visit { place, command in
            let before = writer.count
            if let answer = transaction.answers[place] {
                answer.withUnsafeBytes { writer.raw($0) }
            } else if let index = self.node.table.index(of: command[0]) {
                let spec = self.node.table.specs[index]
                if spec.isForShard(command), self.timing.isTimed(spec.timing) {
                    self.timed(command, &slow) { self.engine.executeInTransaction(spec.id, command, writer) }
                } else if spec.isForShard(command) {
                    self.engine.executeInTransaction(spec.id, command, writer)
                } else {
                    serve(index, command)
                }
            }
            if writer.count > before, writer.bytes[before] == UInt8(ascii: "-") { self.statistics.errors += 1 }
        }
        self.statistics.commands += transaction.count
        self.engine.endTransaction()
        return self.noteWrites()
    }

    /// The same for a connection of another shard.
    func run(_ transaction: Transaction, watcher: Int64?, version: ProtocolVersion) -> ShardPart.Replies {
        self.loop.preconditionInEventLoop()
        self.now = WallClock.milliseconds
        let writer = self.writer
        precondition(writer.count == 0, "the writer is empty between reads")
        writer.version = version
        var replies = ShardPart.Replies()
        let wrote = self.run(transaction, watcher: watcher, writer, slow: &replies.slow) { _, _ in
            writer.error(CommandError.notForShard)
        }
        if wrote {
            replies.writes = [0]
            replies.position = self.engine.tip
        }
        replies.bytes = Array(writer.bytes)
        replies.ends = [writer.count]
        writer.removeAll()
        return replies
    }

    /// Begins to watch keys, given as a command whose arguments they are.
    /// - Returns: false when the client watches too many.
    func watch(_ command: Command, by client: Int64) -> Bool {
        self.update { keyspace in
            (1..<command.count).allSatisfy { keyspace.watch(command[$0], by: client) }
        }
    }
}

extension CommandSpec {
    /// Whether a shard carries this command out, and not the connection.
    func isForShard(_ command: Command) -> Bool {
        switch self.scope {
        case .keyspace, .allShards: true
        case .connection:
            self.id == .object
                ? command.count == 3
                : self.id == .memory && command.count > 2 && command[1].equalsIgnoringCase("USAGE")
        }
    }
}
