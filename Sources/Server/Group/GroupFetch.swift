// Copies the leader's data, as its replicas do but over a connection between members: asks to go on in a history that nobody has,
// takes the snapshot that comes instead, and hangs up. Anything that goes wrong ends it; the channel asks for another one.

import Channels
import Engine
import Keyspace
import NIOCore
import Primitives
import RESP
import Replication
import ReplicationLog

/// A whole copy of the leader's data that has not taken the place of the shard's own.
struct FetchedSnapshot {
    let number: UInt64
    let position: Position
    let loaded: LoadedSnapshot
    let staged: StagedDump
}

final class GroupFetch: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    let number: UInt64
    private let shard: Shard
    private let loader: SnapshotLoader
    private var staged: StagedDump?
    private var input = FollowerInput(asking: GroupFetch.askedPosition, isLongForm: true)
    private var held = ByteBuffer()
    private var context: ChannelHandlerContext?
    private var done: ((Result<FetchedSnapshot, ChangeFailure>) -> Void)?
    private var timer: Scheduled<Void>?

    /// Any but 0, which may be sent as it was written.
    private static let askedPosition: Position = 1
    /// Without a byte.
    private static let silence = TimeAmount.seconds(30)

    /// - Parameter done: called on the loop, once.
    init(_ number: UInt64, _ shard: Shard, then done: @escaping (Result<FetchedSnapshot, ChangeFailure>) -> Void) {
        self.number = number
        self.shard = shard
        self.done = done
        let (index, shards) = (shard.index, shard.node.options.shards)
        self.loader = SnapshotLoader(
            seed: UInt64.random(in: .min ... .max),
            accepts: shards == 1 ? nil : { KeySlot.shard(of: $0, shards: shards) == index },
            events: shard.events
        )
        self.staged = shard.node.keeper.map { StagedDump($0, shard: index, loop: shard.loop) }
    }

    func start(_ transport: GroupTransport, from peer: GroupPeer) {
        let bound = NIOLoopBound(self, eventLoop: self.shard.loop)
        transport.copy(bound, from: peer, on: self.shard.loop)
            .whenFailure { error in bound.value.fail("the leader cannot be reached: \(error)") }
    }

    var shardIndex: Int { self.shard.index }

    /// Nobody wants it any more.
    func stop() { self.fail("it is not wanted any more") }

    // MARK: Channel events

    /// The connection stands, and the other side is a member.
    func handlerAdded(context: ChannelHandlerContext) {
        guard self.done != nil else { return context.close(promise: nil) }
        self.context = context
        self.wait()
        var generator = SystemRandomNumberGenerator()
        let words = [
            "REPLICATE", "FROM", "\(Self.askedPosition)", "ID", self.shard.node.replicaID + "-group", "HISTORY",
            History(using: &generator).hex,
        ]
        let writer = Writer()
        writer.array(words.count)
        for word in words { writer.bulk(word) }
        var buffer = context.channel.allocator.buffer(capacity: writer.count)
        buffer.writeBytes(writer.bytes)
        context.writeAndFlush(self.wrapOutboundOut(buffer), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard self.done != nil else { return }
        var buffer = self.unwrapInboundIn(data)
        self.held.writeBuffer(&buffer)
        self.wait()
        self.drain()
        self.held.discardReadBytes()
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.context = nil
        self.fail("the leader closed the connection")
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func wait() {
        self.timer?.cancel()
        let bound = NIOLoopBound(self, eventLoop: self.shard.loop)
        self.timer = self.shard.loop.scheduleTask(in: Self.silence) { bound.value.fail("the leader sends nothing") }
    }

    // MARK: Events of the stream

    private func drain() {
        do {
            while self.done != nil {
                let (isMore, used) = try self.held.withUnsafeReadableBytes { bytes -> (Bool, Int) in
                    let (event, used) = try self.input.next(in: bytes)
                    if let event { try self.take(event) }
                    return (event != nil, used)
                }
                self.held.moveReaderIndex(forwardBy: min(used, self.held.readableBytes))
                guard isMore else { return }
            }
        } catch {
            self.fail("\(error)")
        }
    }

    private func take(_ event: FollowerEvent) throws {
        switch event {
        case .acknowledged, .ping, .snapshotBegan: break
        case .refused(let reason): self.fail("the leader refused: \(reason.text.prefix(256))")
        case .snapshotChunk(let bytes):
            try self.loader.load(bytes)
            self.staged?.append(Array(bytes))
            self.pauseIfFull()
        case .snapshotEnded(let position): try self.end(at: position)
        case .frame: self.fail("the leader resumed where a copy was asked for")
        }
    }

    /// The disk is slower than the leader: nothing more is read until it has caught up.
    private func pauseIfFull() {
        guard let staged = self.staged, staged.isFull, let channel = self.context?.channel else { return }
        channel.setOption(.autoRead, value: false).whenFailure { _ in }
        let bound = NIOLoopBound(self, eventLoop: self.shard.loop)
        staged.onRoom = {
            bound.value.context?.channel.setOption(.autoRead, value: true).whenFailure { _ in }
        }
    }

    private func end(at position: Position) throws {
        let loaded = try self.loader.finish()
        guard loaded.position == position, loaded.facts.record != nil, let staged = self.staged else {
            return self.fail("the leader's data are of another position than it says, or of no group")
        }
        staged.onRoom = nil
        self.staged = nil
        self.complete(
            .success(FetchedSnapshot(number: self.number, position: position, loaded: loaded, staged: staged))
        )
    }

    /// Nothing comes of it; only the first reason counts.
    func fail(_ reason: String) {
        guard self.done != nil else { return }
        self.staged?.onRoom = nil
        self.staged?.discard()
        self.staged = nil
        self.complete(.failure(ChangeFailure(description: reason)))
    }

    private func complete(_ result: Result<FetchedSnapshot, ChangeFailure>) {
        guard let done = self.done.take() else { return }
        self.timer?.cancel()
        self.context?.close(promise: nil)
        done(result)
    }
}
