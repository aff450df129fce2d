// The digest of a shard's data at one position, taken off the path of commands: slices between the clients that are waiting.

import Engine
import Keyspace
import NIOCore
import Primitives
import RESP
import Replication

/// What a shard's data amount to at a position.
struct ShardDigest: Sendable {
    var shard: Int
    var history: History
    var position: Position
    var digest: Digest
    var keys: Int
}

/// The pass at work, who waits for it, and who came too late for it.
struct DigestPasses {
    struct Pass {
        let pass: DigestPass
        let history: History
        let position: Position
    }

    var current: Pass?
    var waiting: [EventLoopPromise<ShardDigest>] = []
    var later: [EventLoopPromise<ShardDigest>] = []
}

extension Shard {
    /// Bytes of keys and values of one slice: some tenths of a millisecond.
    private static let digestSlice = 256 << 10
    /// How long to wait for a view when all are taken.
    private static let viewPatience = TimeAmount.milliseconds(20)

    /// The digest of the data as they are now, or will be before it is answered. All who ask at one position share a pass.
    func digest() -> EventLoopFuture<ShardDigest> {
        self.loop.preconditionInEventLoop()
        let promise = self.loop.makePromise(of: ShardDigest.self)
        if let current = self.digests.current, current.position != self.engine.tip {
            self.digests.later.append(promise)
        } else {
            self.digests.waiting.append(promise)
            if self.digests.waiting.count == 1, self.digests.current == nil { self.beginDigest() }
        }
        // What is told must be as safe as any reply.
        return promise.futureResult.flatMap { self.held($0) }
    }

    private func beginDigest() {
        guard !self.isStopped, !self.digests.waiting.isEmpty else { return }
        guard let pass = DigestPass(on: &self.engine.keyspace) else {
            self.loop.scheduleTask(in: Self.viewPatience) { self.beginDigest() }
            return
        }
        self.digests.current = DigestPasses.Pass(
            pass: pass,
            history: self.engine.stream.history,
            position: self.engine.tip
        )
        self.continueDigest()
    }

    private func continueDigest() {
        guard !self.isStopped, let current = self.digests.current else { return }
        guard current.pass.step(on: &self.engine.keyspace, bytes: Self.digestSlice) else {
            self.later { $0.continueDigest() }
            return
        }
        let digest = ShardDigest(
            shard: self.index,
            history: current.history,
            position: current.position,
            digest: current.pass.digest,
            keys: current.pass.keyCount
        )
        let finished = self.digests.waiting
        self.digests = DigestPasses(waiting: self.digests.later)
        for promise in finished { promise.succeed(digest) }
        if self.digests.current == nil { self.beginDigest() }
    }

    /// The shard has ended.
    func dropDigests() {
        for promise in self.digests.waiting + self.digests.later { promise.fail(ShardStopped()) }
        self.digests = DigestPasses()
    }
}

extension ClientConnection {
    /// REPL.DIGEST: every shard's data at a position of its own.
    func digest() {
        self.askDigests { digests, writer in
            writer.array(digests.count)
            for digest in digests {
                writer.map(5)
                writer.bulk("shard")
                writer.integer(digest.shard)
                writer.bulk("history")
                writer.bulk(digest.history.hex)
                writer.bulk("position")
                writer.integer(Int64(clamping: digest.position))
                writer.bulk("digest")
                writer.bulk(digest.digest.hex)
                writer.bulk("keys")
                writer.integer(digest.keys)
            }
        }
    }

    /// DEBUG. Of Redis's subcommands there is DIGEST: forty hex digits for the whole node, of the keys' number and of their
    /// digest; forty zeros for none. They are not Redis's own.
    func debug(_ command: Command, _ writer: Writer) {
        guard command[1].equalsIgnoringCase("DIGEST"), command.count == 2 else {
            return self.refuseQuoting(CommandError.unknownSubcommand(command), writer)
        }
        self.askDigests { digests, writer in
            let keys = String(UInt32(truncatingIfNeeded: digests.reduce(0) { $0 + $1.keys }), radix: 16)
            var whole = Digest()
            for digest in digests { whole.add(digest.digest) }
            writer.simple(String(repeating: "0", count: 8 - keys.count) + keys + whole.hex)
        }
    }

    private func askDigests(_ answer: @escaping ([ShardDigest], Writer) -> Void) {
        let futures = self.shard.node.shards.map { shard in shard.loop.flatSubmit { shard.digest() } }
        self.wait(for: EventLoopFuture.whenAllSucceed(futures, on: self.shard.loop), answer)
    }
}
