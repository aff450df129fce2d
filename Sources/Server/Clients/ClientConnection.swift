// One client. Reads arrive through SwiftNIO; commands are parsed where they lie in the read's buffer and carried out at
// once; the replies of a whole read leave in one write(2), straight from the shard's writer. Only what the socket does not
// take goes back to SwiftNIO, and as long as bytes wait there nothing is written past them, and nothing more is executed:
// a client that does not read its replies holds up nobody's memory but the kernel's.

import Engine
import Keyspace
import NIOCore
import Primitives
import RESP
import Replication
import Sockets
import Synchronization

final class ClientConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    let shard: Shard
    let number: Int64
    let socket: Socket
    /// Asked for when somebody wants to see it: most connections come and go unseen.
    private(set) lazy var address = self.socket.peerAddress?.description ?? "unknown:0"
    private(set) lazy var localAddress = self.socket.localAddress?.description ?? "unknown:0"
    var session: ClientSession
    private var parser = CommandParser()
    /// Input that no command has used yet.
    private var held: ByteBuffer?
    /// nil before the connection begins and once it is gone. The descriptor is closed by then, and its number may belong to
    /// somebody else's connection: without a context nothing is written.
    private var context: ChannelHandlerContext?
    /// SwiftNIO holds bytes that the socket did not take.
    private var isOutputQueued = false
    /// Replies that wait for the log; nothing is executed until they have left.
    var heldReplies = HeldReplies()
    var isHeld = false
    /// Which bytes of the shard's writer answer writes of this connection; only with a commit rule.
    var writeReplies: [Range<Int>] = []
    /// The waits for replicas that end with the connection.
    var commitWaits: [(shard: Shard, token: UInt64)] = []
    var isWaitingForPlaces = false
    /// What all shards are being asked for, if that is timed.
    var askedCommand: SlowCommand?
    /// Something is with other shards; nothing is executed until it is back.
    var isAwaiting = false
    /// Between MULTI and EXEC.
    var isQueueing = false
    var transaction = Transaction()
    /// The shard of the keys that are watched; nil when there are none.
    var watchedShard: Int?
    /// Commands for other shards that have not been answered yet.
    var batch: ShardBatch
    /// The batch has left, and some of its replies have not been written: nothing else is executed before.
    var isBatchOut = false
    /// Writes wait for replicas (`--commit`).
    let asksReplicas: Bool
    let isInGroup: Bool
    /// Replies may have to wait.
    private let mayHold: Bool
    /// There is one shard: every command is carried out where it arrives.
    let isAlone: Bool
    /// SwiftNIO reads on by itself.
    private var isReading = true
    /// Input is over: a protocol error, `QUIT`, or the peer's end.
    private var isEnding = false

    /// Replies that gather before they are written even though the read has more commands.
    private static let replyBytesPerWrite = 256 * 1024
    /// Held input past which reading stops until some of it has been used.
    private static let heldBytesWhilePaused = 1 << 20

    init(shard: Shard, number: Int64, socket: Socket) {
        self.shard = shard
        self.number = number
        self.socket = socket
        self.isAlone = shard.node.options.shards == 1
        self.isInGroup = shard.node.options.group.isEnabled
        self.asksReplicas = shard.node.options.commitRule != nil || self.isInGroup
        self.mayHold = shard.log != nil || self.asksReplicas
        self.batch = ShardBatch(shards: self.isAlone ? 0 : shard.node.options.shards)
        self.session = ClientSession(now: WallClock.milliseconds)
    }

    // MARK: Channel events

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func channelActive(context: ChannelHandlerContext) {
        self.shard.clients[self.number] = self
        self.shard.node.connectedClients.wrappingAdd(1, ordering: .relaxed)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.isEnding = true
        if self.shard.clients.removeValue(forKey: self.number) != nil {
            self.shard.node.connectedClients.wrappingSubtract(1, ordering: .relaxed)
        }
        self.context = nil
        self.dropTransaction()
        self.cancelWaits()
        self.cancelPlaceWaits()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A reset or a broken pipe: the peer is gone, and there is nobody to tell.
        context.close(promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !self.isEnding else { return }
        var buffer = self.unwrapInboundIn(data)
        self.shard.statistics.inputBytes += buffer.readableBytes
        self.shard.statistics.reads += 1
        if self.held == nil, !self.isPaused {
            let used = buffer.withUnsafeReadableBytes { self.consume($0) }
            guard used < buffer.readableBytes, !self.isEnding else { return }
            // A copy of the rest alone: a slice would keep the whole read alive.
            buffer.moveReaderIndex(forwardBy: used)
            self.held = context.channel.allocator.buffer(buffer: buffer)
        } else {
            if self.held == nil { self.held = context.channel.allocator.buffer(capacity: buffer.readableBytes) }
            self.held?.writeBuffer(&buffer)
            self.consumeHeld()
        }
        self.limitHeld()
    }

    /// Nobody is there to be answered.
    var isGone: Bool { self.context == nil }

    private var isPaused: Bool { self.isOutputQueued || self.isAwaiting || self.isBatchOut || self.isHeld }

    // MARK: Input

    private func consumeHeld() {
        guard !self.isPaused, var buffer = self.held else { return }
        self.held = nil
        let used = buffer.withUnsafeReadableBytes { self.consume($0) }
        guard used < buffer.readableBytes, !self.isEnding else { return }
        buffer.moveReaderIndex(forwardBy: used)
        // The front is given back once it is the larger part, so that the cost of moving stays below that of reading.
        if buffer.readerIndex > buffer.readableBytes { buffer.discardReadBytes() }
        self.held = buffer
    }

    /// Carries out the commands at the front of the input, and tells how many bytes they were.
    private func consume(_ bytes: Bytes) -> Int {
        self.shard.timing.began = WallClock.microseconds
        self.session.lastActive = self.shard.timing.began / 1000
        self.shard.now = self.session.lastActive
        if self.isInGroup { self.shard.group?.refreshIfOld() }
        let writer = self.shard.writer
        writer.version = self.session.version
        var used = 0
        while used < bytes.count, !self.isPaused, !self.isEnding {
            let rest = Bytes(rebasing: bytes[used...])
            let following = self.parser.gather(in: rest)
            let (executed, isComplete) = self.executeGathered(in: rest, writer)
            used += executed
            if self.shard.timing.isOn, let microseconds = self.shard.timing.gatheredEnded() {
                let isOne = self.parser.gatheredCount == 1
                self.gatheredTookLong(microseconds, isOne ? self.parser.gathered(0, in: rest).command : nil)
            }
            guard isComplete, !self.isPaused else {
                // What is left is parsed again after the pause.
                self.parser.advance()
                continue
            }
            if case .failed(let error) = following {
                self.parser.advance()
                guard self.batch.isEmpty else {
                    // The error comes after the replies of what was sent before it.
                    self.dispatchBatch()
                    continue
                }
                self.refuse("ERR \(error.message)", writer)
                self.end()
            } else {
                self.parser.advancePastGathered()
                if following == .incomplete { break }
            }
        }
        self.finishRead()
        return used
    }

    /// Carries out the commands that the parser has gathered.
    /// - Returns: the bytes of those that were carried out, and whether they were all.
    private func executeGathered(in bytes: Bytes, _ writer: Writer) -> (used: Int, isComplete: Bool) {
        let count = self.parser.gatheredCount
        if count > 1, self.isAlone {
            // Almost every command's first key is its first argument; where it is not, the fetch is in vain.
            self.shard.engine.keyspace.prefetch(count) { index in
                guard let command = self.parser.gathered(index, in: bytes).command, command.count > 1 else {
                    return nil
                }
                return command[1]
            }
        }
        var used = 0
        for index in 0..<count {
            let (command, consumed) = self.parser.gathered(index, in: bytes)
            if let command {
                let isDone = self.execute(command, writer)
                if isDone { used += consumed }
                if !isDone || self.batch.isFull { self.dispatchBatch() }
                if writer.count >= Self.replyBytesPerWrite { self.flush() }
                if !isDone { return (used, false) }
            } else {
                used += consumed
            }
            if self.isPaused || self.isEnding { return (used, index == count - 1) }
        }
        return (used, true)
    }

    private func finishRead() {
        guard !self.isBatchOut else { return }
        if self.batch.isEmpty { self.flush() } else { self.dispatchBatch() }
    }

    private func limitHeld() {
        guard let context = self.context else { return }
        let count = self.held?.readableBytes ?? 0
        if count > self.shard.queryBufferLimit {
            // Redis ends such a client without an answer, which would land inside whatever it is sending.
            context.close(promise: nil)
        } else if self.isPaused, count > Self.heldBytesWhilePaused {
            self.isReading = false
            context.channel.setOption(.autoRead, value: false).whenFailure { _ in }
        }
    }

    // MARK: Output

    /// Writes what the writer has gathered, and empties it.
    /// - Parameter isReleased: they have waited already.
    func flush(isReleased: Bool = false) {
        let writer = self.shard.writer
        let bytes = writer.bytes
        guard bytes.count > 0 else { return self.closeIfEnding() }
        guard self.context != nil else { return writer.removeAll() }
        if self.mayHold, !isReleased, self.hold(bytes) { return writer.removeAll() }
        self.shard.statistics.outputBytes += bytes.count
        self.shard.statistics.writes += 1
        var written = 0
        if !self.isOutputQueued {
            switch self.socket.write(bytes) {
            case .moved(let count): written = count
            case .wouldBlock, .ended: break
            case .failed:
                writer.removeAll()
                self.isEnding = true
                self.context?.close(promise: nil)
                return
            }
        }
        if written < bytes.count { self.queue(Bytes(rebasing: bytes.dropFirst(written))) }
        writer.removeAll()
        self.closeIfEnding()
    }

    /// Leaves bytes to SwiftNIO until the socket takes them.
    private func queue(_ bytes: Bytes) {
        guard let context = self.context else { return }
        var buffer = context.channel.allocator.buffer(capacity: bytes.count)
        buffer.writeBytes(bytes)
        self.isOutputQueued = true
        // Direct writes begin again with the promise, not with `isWritable`, which can be true while bytes wait. A promise can
        // be kept before `writeAndFlush` returns, in the middle of whatever is being written; what follows from it waits for
        // the end of that.
        let loop = context.eventLoop
        let bound = NIOLoopBound(self, eventLoop: loop)
        context.writeAndFlush(self.wrapOutboundOut(buffer)).whenComplete { result in
            switch result {
            case .success: loop.execute { bound.value.queuedOutputLeft() }
            case .failure: bound.value.queuedOutputFailed()
            }
        }
    }

    private func queuedOutputLeft() {
        self.isOutputQueued = false
        self.resume()
    }

    /// SwiftNIO closes the descriptor first, fails its writes then, and tells the handler last: nothing is written any more.
    private func queuedOutputFailed() {
        self.isOutputQueued = false
        self.isEnding = true
        self.context?.close(promise: nil)
        self.context = nil
    }

    /// Takes up work again after a pause.
    func resume() {
        guard !self.isOutputQueued, !self.isAwaiting, !self.isHeld, let context = self.context else { return }
        if self.isBatchOut { return self.dispatchBatch() }
        self.consumeHeld()
        if !self.isPaused, !self.isReading {
            self.isReading = true
            context.channel.setOption(.autoRead, value: true).whenFailure { _ in }
        }
        self.closeIfEnding()
    }

    // MARK: End

    /// Ends the connection once the replies written so far have left.
    func end() { self.isEnding = true }

    private func closeIfEnding() {
        guard self.isEnding, !self.isOutputQueued, !self.isHeld else { return }
        self.context?.close(promise: nil)
    }

    /// Ends the connection now.
    func close() {
        self.isEnding = true
        self.context?.close(promise: nil)
    }

    /// Bytes that this connection holds, for `CLIENT LIST` and `INFO memory`.
    var heldBytes: Int {
        (self.held?.storageCapacity ?? 0) + self.heldReplies.bytes.capacity + self.transaction.commands.capacity
    }
}
