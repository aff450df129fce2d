// With several shards: which of them a command belongs to, and the batch in which it travels there.

import Engine
import Keyspace
import NIOCore
import Primitives
import RESP

extension ClientConnection {
    static let crossSlot = "CROSSSLOT Keys in request don't hash to the same shard"

    /// Carries out or batches a keyspace command. Its arity has been checked.
    /// - Parameter index: of the command in the table.
    /// - Returns: false when the command must wait (`isAwaiting`).
    func route(_ index: Int, _ command: Command, _ writer: Writer) -> Bool {
        let spec = self.shard.node.table.specs[index]
        let shards = self.shard.node.options.shards
        let keys = spec.keyIndices(of: command)
        let owners = keys.map { KeySlot.shard(of: command[$0], shards: shards) }
        guard let first = owners.first else { return self.executeHere(index, command, writer) }
        if owners.allSatisfy({ $0 == first }) {
            if first == self.shard.index, self.batch.isEmpty { return self.executeHere(index, command, writer) }
            self.batch.add(command, to: first)
            return true
        }
        // A malformed MSET is the owner's to refuse, and stays whole.
        let step = spec.keyStep
        let isWhole = (command.count - 1) % step == 0
        // In a group each shard may be led by another node: as in Redis Cluster, nothing is split.
        if !self.isInGroup, let join = ShardBatch.Join(spec.id, owners: owners) {
            if isWhole {
                self.batch.add(command, split: join, keys: keys, owners: owners, step: step)
            } else {
                self.batch.add(command, to: first)
            }
            return true
        }
        self.shard.statistics.errors += 1
        if self.batch.isEmpty {
            writer.error(Self.crossSlot)
        } else {
            self.batch.add(reply: Array("-\(Self.crossSlot)\r\n".utf8))
        }
        return true
    }

    /// Sends the batch, or what is left of it, to its shards; the connection goes on when all have answered everything.
    func dispatchBatch() {
        guard !self.batch.isEmpty else { return }
        let isFirstRound = !self.isBatchOut
        self.isBatchOut = true
        let version = self.session.version
        // What was answered before the batch leaves before it; then the writer is free for this shard's own part.
        self.flush()
        let tokens = self.beginWaits()
        let futures = zip(self.shard.node.shards, self.batch.due).enumerated().map { index, due in
            let (shard, part) = (due.0, due.1.asked(by: self.session))
            guard !part.commands.isEmpty else { return self.shard.loop.makeSucceededFuture(ShardPart.Replies()) }
            // A later round runs in a turn of its own, or a long batch would go as deep as it has rounds.
            let token = tokens.isEmpty ? nil : tokens[index]
            if shard === self.shard, isFirstRound {
                return shard.runAndHold(part, version: version, token: token)
            }
            return shard.loop.flatSubmit { shard.runAndHold(part, version: version, token: token) }
        }
        self.wait(for: EventLoopFuture.whenAllSucceed(futures, on: self.shard.loop)) { replies, writer in
            for token in tokens { self.endWait(token) }
            self.batch.received(replies)
            self.noteWrites(replies)
            guard self.batch.write(writer) else { return }
            self.batch = ShardBatch(shards: replies.count)
            self.isBatchOut = false
        }
    }

    /// Names the waits for replicas that a batch may end in, one a shard; none where writes wait for nobody.
    private func beginWaits() -> [UInt64] {
        guard self.shard.node.options.commitRule != nil else { return [] }
        let waits = self.shard.node.shards.map { (shard: $0, token: self.shard.node.newCommitToken()) }
        self.commitWaits += waits
        return waits.map(\.token)
    }

    func noteWrites(_ replies: [ShardPart.Replies]) {
        for (shard, replies) in replies.enumerated() {
            if let position = replies.position { self.session.lastWrites.note(position, shard: shard) }
            for command in replies.slow { self.noteSlow(command) }
        }
    }

    /// A command whose key stands where the table cannot say (`MEMORY USAGE`).
    func executeOnKeys(_ index: Int, _ command: Command, firstKey: Int, _ writer: Writer) {
        let owner = KeySlot.shard(of: command[firstKey], shards: self.shard.node.options.shards)
        if owner == self.shard.index, !self.shard.isGuarded {
            _ = self.executeHere(index, command, writer)
            return
        }
        let shard = self.shard.node.shards[owner]
        let part = ShardPart(commands: Array(command.encoded), isReadOnly: self.session.isReadOnly)
        let version = self.session.version
        self.wait(for: shard.loop.flatSubmit { shard.runAndHold(part, version: version) }) { replies, writer in
            for command in replies.slow { self.noteSlow(command) }
            replies.bytes.withUnsafeBytes { writer.raw($0) }
        }
    }
}
