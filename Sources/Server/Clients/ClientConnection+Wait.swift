// WAIT and WAITAOF: the connection's own last write on each shard that it wrote to, and the smallest count of all.
// Source: https://redis.io/docs/latest/commands/wait/ and https://redis.io/docs/latest/commands/waitaof/

import Engine
import NIOCore
import Primitives
import RESP
import Replication

extension ClientConnection {
    func waitForReplicas(_ command: Command, _ writer: Writer) {
        guard let count = Decimal.read(command[1]) else { return self.refuse(Self.notInteger, writer) }
        guard let timeout = self.timeout(command[2], writer) else { return }
        self.wait(for: .applied(Int(clamping: count)), timeout: timeout) { outcomes, writer in
            writer.integer(outcomes.map(\.count).min() ?? 0)
        }
    }

    func waitForDisks(_ command: Command, _ writer: Writer) {
        guard let local = Decimal.read(command[1]), let count = Decimal.read(command[2]) else {
            return self.refuse(Self.notInteger, writer)
        }
        guard (0...1).contains(local) else {
            return self.refuse("ERR value is out of range, value must between 0 and 1", writer)
        }
        guard count >= 0 else { return self.refuse("ERR value is out of range, must be positive", writer) }
        guard let timeout = self.timeout(command[3], writer) else { return }
        guard local == 0 || self.shard.log != nil else {
            return self.refuse(
                "ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.",
                writer
            )
        }
        let rule = CommitRule.durable(local: local == 1, replicas: Int(clamping: count))
        self.wait(for: rule, timeout: timeout) { outcomes, writer in
            writer.array(2)
            writer.integer(outcomes.allSatisfy(\.isLocal) ? 1 : 0)
            writer.integer(outcomes.map(\.count).min() ?? 0)
        }
    }

    private static let notInteger = "ERR value is not an integer or out of range"

    func timeout(_ argument: Bytes, _ writer: Writer) -> Milliseconds? {
        guard let timeout = Decimal.read(argument), timeout <= Int64.max / 2 else {
            self.refuse("ERR timeout is not an integer or out of range", writer)
            return nil
        }
        guard timeout >= 0 else {
            self.refuse("ERR timeout is negative", writer)
            return nil
        }
        return timeout
    }

    private func wait(
        for rule: CommitRule,
        timeout: Milliseconds,
        _ answer: @escaping ([CommitOutcome], Writer) -> Void
    ) {
        let node = self.shard.node
        var writes = self.session.lastWrites.all
        // Who wrote nothing is told how many replicas there are.
        if writes.isEmpty { writes = [(self.shard.index, 0)] }
        let waits = writes.map { (shard: node.shards[$0.0], position: $0.1, token: node.newCommitToken()) }
        self.commitWaits += waits.map { ($0.shard, $0.token) }
        let futures = waits.map { shard, position, token in
            shard.loop.flatSubmit {
                let promise = shard.loop.makePromise(of: CommitOutcome.self)
                shard.awaitCommit(position, rule, timeout: timeout, token: token) { promise.succeed($0) }
                return promise.futureResult
            }
        }
        self.wait(for: EventLoopFuture.whenAllSucceed(futures, on: self.shard.loop)) { outcomes, writer in
            for wait in waits { self.endWait(wait.token) }
            answer(outcomes, writer)
        }
    }

    func endWait(_ token: UInt64) { self.commitWaits.removeAll { $0.token == token } }

    /// The connection is gone: nobody waits any more.
    func cancelWaits() {
        for (shard, token) in self.commitWaits { shard.loop.execute { shard.cancelCommit(token) } }
        self.commitWaits = []
    }
}
