// MULTI, EXEC, DISCARD, WATCH and UNWATCH. Source: https://redis.io/docs/latest/develop/interact/transactions/
//
// All keys of a transaction, and those watched for it, lie in one shard: the transaction travels there as a whole. Without
// keys it runs on the connection's own shard. Deviations from Redis, where there are several shards: what concerns all of
// them cannot be part of a transaction; and anywhere: what would wait (WAIT), or changes the node's part in replication.

import Engine
import Keyspace
import NIOCore
import Primitives
import RESP
import Replication

extension ClientConnection {
    private static let notAllowed = "ERR Command not allowed inside a transaction"

    func multi(_ writer: Writer) {
        guard !self.isQueueing else { return self.refuse("ERR MULTI calls can not be nested", writer) }
        self.isQueueing = true
        writer.ok()
    }

    /// Takes a command between MULTI and EXEC.
    /// - Returns: false when it must wait (`isAwaiting`).
    func queue(_ command: Command, _ writer: Writer) -> Bool {
        let table = self.shard.node.table
        guard let index = table.index(of: command[0]) else {
            self.abortTransaction(CommandError.unknown(command), writer)
            return true
        }
        let spec = table.specs[index]
        guard spec.accepts(argumentCount: command.count) else {
            self.refuseArity(of: spec, writer)
            return true
        }
        self.session.lastCommand = index
        switch spec.id {
        case .exec: return self.exec(writer)
        case .multi, .discard, .watch, .quit, .reset:
            self.shard.statistics.commands += 1
            self.serve(spec.id, command, writer)
        default:
            if let refusal = self.queueRefusal(index, command) {
                self.abortTransaction(refusal, writer)
            } else {
                writer.simple("QUEUED")
            }
        }
        return true
    }

    /// Queues a command.
    /// - Returns: why it cannot be queued; nil when it was.
    private func queueRefusal(_ index: Int, _ command: Command) -> String? {
        let spec = self.shard.node.table.specs[index]
        guard spec.isForShard(command) ? self.isAlone || spec.scope != .allShards : self.mayServeInTransaction(spec.id)
        else { return Self.notAllowed }
        let shards = self.shard.node.options.shards
        for key in Self.keys(of: command, spec) {
            let owner = KeySlot.shard(of: command[key], shards: shards)
            guard owner == self.transaction.shard ?? self.watchedShard ?? owner else { return Self.crossSlot }
            self.transaction.shard = owner
        }
        let isHere = self.transactionShard == self.shard.index
        if isHere || command.length > Shard.longestLoggedCommand,
            let refusal = self.shard.refusal(index, command, isReadOnly: self.session.isReadOnly)
        {
            return refusal
        }
        return self.transaction.add(
            command,
            isWrite: spec.flags.contains(.write),
            byteLimit: self.shard.queryBufferLimit
        )
    }

    private static func keys(of command: Command, _ spec: CommandSpec) -> StrideTo<Int> {
        spec.scope == .connection && spec.isForShard(command)
            ? stride(from: 2, to: 3, by: 1) : spec.keyIndices(of: command)
    }

    /// Whether the connection can answer a command in the middle of a transaction, at once and, with several shards, before it.
    private func mayServeInTransaction(_ id: CommandID) -> Bool {
        switch id {
        case .ping, .echo, .select, .time, .command, .unwatch: true
        case .hello, .client, .config, .info, .role, .memory, .object, .slowlog: self.isAlone
        default: false
        }
    }

    /// A command has too few arguments or too many. Redis takes an EXEC as meant all the same, and gives the transaction up.
    func refuseArity(of spec: CommandSpec, _ writer: Writer) {
        let message = CommandError.wrongArity("\(spec.name)")
        guard spec.id == .exec else { return self.abortTransaction(message, writer) }
        self.dropTransaction()
        self.refuse("EXECABORT Transaction discarded because of: \(message.dropFirst("ERR ".count))", writer)
    }

    private func abortTransaction(_ message: String, _ writer: Writer) {
        if self.isQueueing { self.transaction.abort() }
        self.refuse(message, writer)
    }

    /// Where the transaction runs.
    private var transactionShard: Int { self.transaction.shard ?? self.watchedShard ?? self.shard.index }

    // MARK: Its end

    func discard(_ writer: Writer) {
        guard self.isQueueing else { return self.refuse("ERR DISCARD without MULTI", writer) }
        self.dropTransaction()
        writer.ok()
    }

    /// Forgets the transaction and all keys that are watched.
    func dropTransaction() {
        self.isQueueing = false
        self.transaction = Transaction()
        self.unwatch()
    }

    /// - Returns: false when it must wait (`isAwaiting`).
    private func exec(_ writer: Writer) -> Bool {
        guard !self.transaction.isAborted else {
            self.dropTransaction()
            self.refuse("EXECABORT Transaction discarded because of previous errors.", writer)
            return true
        }
        let owner = self.transactionShard
        if owner == self.shard.index, self.shard.mustWait(isWrite: self.transaction.hasWrites) {
            self.waitForPauseEnd()
            return false
        }
        let transaction = self.transaction
        let watcher = self.watchedShard.map { _ in self.number }
        self.isQueueing = false
        self.transaction = Transaction()
        self.watchedShard = nil
        if owner == self.shard.index {
            self.run(transaction, watcher: watcher, writer)
        } else {
            self.send(transaction, watcher: watcher, to: self.shard.node.shards[owner])
        }
        return true
    }

    private func run(_ transaction: Transaction, watcher: Int64?, _ writer: Writer) {
        let before = writer.count
        var slow: [SlowCommand] = []
        let wrote = self.shard.run(transaction, watcher: watcher, writer, slow: &slow) { index, command in
            self.session.lastCommand = index
            self.serve(self.shard.node.table.specs[index].id, command, writer)
        }
        for command in slow { self.noteSlow(command) }
        guard wrote else {
            if self.isInGroup { self.writeReplies.append(before..<writer.count) }
            return
        }
        self.session.lastWrites.note(self.shard.engine.tip, shard: self.shard.index)
        if self.asksReplicas { self.writeReplies.append(before..<writer.count) }
    }

    private func send(_ transaction: Transaction, watcher: Int64?, to owner: Shard) {
        let node = self.shard.node
        var transaction = transaction
        self.answerOwnCommands(&transaction)
        let (complete, version) = (transaction, self.session.version)
        let token = node.options.commitRule.map { _ in node.newCommitToken() }
        if let token { self.commitWaits.append((owner, token)) }
        let future = owner.loop.flatSubmit {
            owner.afterPause(isWrite: complete.hasWrites) {
                owner.committed(owner.run(complete, watcher: watcher, version: version), token: token)
            }
        }
        self.wait(for: future) { replies, writer in
            if let token { self.endWait(token) }
            for command in replies.slow { self.noteSlow(command) }
            if let position = replies.position { self.session.lastWrites.note(position, shard: owner.index) }
            replies.bytes.withUnsafeBytes { writer.raw($0) }
        }
    }

    /// What is not about keys is answered here, and travels with the rest to find its place among the replies.
    private func answerOwnCommands(_ transaction: inout Transaction) {
        let scratch = Writer()
        scratch.version = self.session.version
        var answers: [(Int, [UInt8])] = []
        transaction.visit { place, command in
            guard let index = self.shard.node.table.index(of: command[0]) else { return }
            let spec = self.shard.node.table.specs[index]
            guard !spec.isForShard(command) else { return }
            self.serve(spec.id, command, scratch)
            answers.append((place, Array(scratch.bytes)))
            scratch.removeAll()
        }
        for (place, answer) in answers { transaction.answer(place, with: answer) }
    }

    // MARK: Watching

    func watch(_ command: Command, _ writer: Writer) {
        guard !self.isQueueing else { return self.refuse("ERR WATCH inside MULTI is not allowed", writer) }
        let shards = self.shard.node.options.shards
        var owner = self.watchedShard
        for key in 1..<command.count {
            let shard = KeySlot.shard(of: command[key], shards: shards)
            guard shard == owner ?? shard else { return self.refuse(Self.crossSlot, writer) }
            owner = shard
        }
        guard let owner else { return }
        self.watchedShard = owner
        let number = self.number
        if owner == self.shard.index { return self.answerWatch(self.shard.watch(command, by: number), writer) }
        let shard = self.shard.node.shards[owner]
        let encoded = Array(command.encoded)
        let future = shard.loop.flatSubmit {
            var parser = CommandParser()
            return encoded.withUnsafeBytes { bytes in
                guard case .command = parser.next(in: bytes) else {
                    preconditionFailure("the command was read before it was sent")
                }
                return shard.held(shard.watch(parser.current, by: number))
            }
        }
        self.wait(for: future) { self.answerWatch($0, $1) }
    }

    private func answerWatch(_ isWatching: Bool, _ writer: Writer) {
        if isWatching { return writer.ok() }
        self.refuse("ERR too many watched keys: EXEC, UNWATCH or DISCARD forgets them", writer)
    }

    func unwatch() {
        guard let watched = self.watchedShard else { return }
        self.watchedShard = nil
        let number = self.number
        if watched == self.shard.index { return self.shard.engine.keyspace.unwatch(number) }
        let shard = self.shard.node.shards[watched]
        // Comes before whatever this connection asks the shard next.
        shard.loop.execute { shard.engine.keyspace.unwatch(number) }
    }
}
