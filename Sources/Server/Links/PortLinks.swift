// Connections of replicas as the link port's thread sees them: first a handshake, then a link whose input is watched.

import Primitives
import Replication
import Sockets
import Synchronization

struct PortLinks {
    private enum Phase {
        case handshake(HandshakeParser, deadline: UInt64)
        /// Handed over; what the replica says is parsed here.
        case link(LinkInput)
    }

    private struct Connection {
        let socket: Socket
        let shard: Shard
        var phase: Phase
        /// The poller reports on it.
        var isWatched = false
    }

    private let node: Node
    private var connections: [UInt64: Connection] = [:]
    /// Connections that have not finished their handshake.
    private var unfinishedCount = 0
    /// Connections that may have more to read; no edge will tell of it.
    private var unread: Set<UInt64> = []
    /// What the shards are to be told at the end of this turn.
    private var outbox: [[LinkEvent]]
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 * 1024, alignment: 16)

    /// Connections without a finished handshake, and links: more are closed at once.
    private static let mostUnfinished = 4096
    private static let mostLinks = 16_384
    /// Full buffers that one connection may send per turn, so that a flood does not hold up the others.
    private static let readsPerTurn = 4

    /// Room to write is watched for only while a link is blocked: otherwise every acknowledgement would report it, too.
    private static let watching: Poller.Interest = [.readable, .peerClosed, .edgeTriggered]
    static let watchingForRoom: Poller.Interest = Self.watching.union(.writable)

    init(node: Node) {
        self.node = node
        self.outbox = Array(repeating: [], count: node.shards.count)
    }

    var hasUnread: Bool { !self.unread.isEmpty }

    mutating func accepted(_ socket: Socket, for shard: Shard) {
        guard self.unfinishedCount < Self.mostUnfinished, self.connections.count < Self.mostLinks else {
            return socket.close()
        }
        let number = self.node.newLinkNumber()
        let deadline = Clocks.monotonicNanoseconds + UInt64(HandshakeParser.timeoutSeconds) * 1_000_000_000
        let connection = Connection(
            socket: socket,
            shard: shard,
            phase: .handshake(HandshakeParser(), deadline: deadline)
        )
        self.unfinishedCount += 1
        self.connections[number] = connection
        // Most replicas have asked by the time that they are accepted: answering now saves a turn, and a report of the
        // poller for what has been read already.
        self.read(number, socket)
        if self.connections[number]?.isWatched == false, !self.watch(number, socket) { self.ended(number) }
    }

    private mutating func watch(_ number: UInt64, _ socket: Socket) -> Bool {
        do throws(SocketError) {
            try self.node.poller.add(socket, Self.watching, token: number)
        } catch {
            return false
        }
        self.connections[number]?.isWatched = true
        return true
    }

    mutating func ready(_ event: Poller.Event) {
        guard let socket = self.connections[event.token]?.socket else { return }
        // What a replica said just before it reset the connection is of no use any more.
        if event.isBroken { return self.ended(event.token) }
        if event.isReadable { self.read(event.token, socket) }
        // Reading may have ended it.
        guard let connection = self.connections[event.token] else { return }
        if event.isHangup { return self.ended(event.token) }
        if event.isWritable {
            try? self.node.poller.modify(socket, Self.watching, token: event.token)
            self.outbox[connection.shard.index].append(.writable(number: event.token))
        }
    }

    private mutating func read(_ number: UInt64, _ socket: Socket) {
        for _ in 0..<Self.readsPerTurn {
            switch socket.read(into: self.buffer) {
            case .moved(let count):
                self.received(number, Bytes(rebasing: Bytes(self.buffer).prefix(count)))
                // A short read has emptied the socket; an edge will tell of more.
                guard count == self.buffer.count, self.connections[number] != nil else { return }
            case .wouldBlock: return
            case .ended, .failed: return self.ended(number)
            }
        }
        self.unread.insert(number)
    }

    /// Goes on with connections that had more input than one turn may read.
    mutating func readOn() {
        let numbers = self.unread
        self.unread.removeAll(keepingCapacity: true)
        for number in numbers {
            if let socket = self.connections[number]?.socket { self.read(number, socket) }
        }
    }

    private mutating func received(_ number: UInt64, _ bytes: Bytes) {
        guard var connection = self.connections[number] else { return }
        switch connection.phase {
        case .handshake(var parser, let deadline):
            switch parser.received(bytes) {
            case .incomplete:
                connection.phase = .handshake(parser, deadline: deadline)
                self.connections[number] = connection
            case .failed(let error): self.refuse(number, connection, error)
            case .request(let request, let consumed):
                self.answer(number, &connection, request)
                guard self.connections[number] != nil, consumed < bytes.count else { return }
                self.received(number, Bytes(rebasing: bytes.dropFirst(consumed)))
            }
        case .link(var input):
            // Taken out, so that the parser's bytes have one owner while it works on them.
            self.connections[number]?.phase = .link(LinkInput())
            var merged = MergedReports()
            let isWithinLimit = input.received(bytes) { merged.add($0) }
            for report in merged.reports {
                self.outbox[connection.shard.index].append(.reported(number: number, report))
            }
            if !isWithinLimit { self.outbox[connection.shard.index].append(.sentTooMuch(number: number)) }
            self.connections[number]?.phase = .link(isWithinLimit ? input : LinkInput())
        }
    }

    private mutating func answer(_ number: UInt64, _ connection: inout Connection, _ request: HandshakeRequest) {
        let (stream, numbering) = connection.shard.board.view
        let isInvalidated = connection.shard.board.isInvalidated(request.id)
        let plan = ResumePlanner.plan(request, stream, isSlotInvalidated: isInvalidated)
        if plan.isSnapshot, !connection.shard.board.admitWaiting() {
            return self.refuse(number, connection, .tooManyWaiting)
        }
        var acknowledgement = request.acknowledgement(history: stream.history)
        // A fresh socket takes a hundred bytes; one that does not is gone. It is watched before the shard has the link, which
        // may want to watch for room at once.
        guard acknowledgement.withUTF8({ connection.socket.write(Bytes($0)) }) == .moved(acknowledgement.utf8.count),
            connection.isWatched || self.watch(number, connection.socket)
        else {
            if plan.isSnapshot { connection.shard.board.waitsEnded(1) }
            return self.ended(number)
        }
        connection.isWatched = true
        connection.phase = .link(LinkInput())
        self.connections[number] = connection
        self.unfinishedCount -= 1
        self.node.handshakes.accepted.wrappingAdd(1, ordering: .relaxed)
        let opening = LinkEvent.opened(number: number, connection.socket, request, plan, numbering: numbering)
        if plan.isSnapshot {
            self.outbox[connection.shard.index].append(opening)
        } else {
            self.handOver(number, connection.shard, request.position, opening)
        }
    }

    private mutating func handOver(_ number: UInt64, _ shard: Shard, _ position: Position, _ opening: LinkEvent) {
        guard position == shard.board.currentTip else { return self.outbox[shard.index].append(opening) }
        shard.parkedLinks.park(number, opening)
        // Something was written in the meantime: the shard may have looked before the link was there.
        if position != shard.board.currentTip { self.outbox[shard.index].append(.parked) }
    }

    private mutating func refuse(_ number: UInt64, _ connection: Connection, _ error: HandshakeError) {
        if error == .tooManyWaiting {
            self.node.handshakes.tooManyWaiting.wrappingAdd(1, ordering: .relaxed)
        } else {
            self.node.handshakes.malformed.wrappingAdd(1, ordering: .relaxed)
        }
        var line = "-\(error.message)\r\n"
        line.withUTF8 { _ = connection.socket.write(Bytes($0)) }
        // The reason must reach the peer: a plain close with unread input would reset the connection under it.
        connection.socket.shutdown()
        self.ended(number)
    }

    /// A connection is over. One that its shard has seen is the shard's to close.
    private mutating func ended(_ number: UInt64) {
        guard let connection = self.connections.removeValue(forKey: number) else { return }
        // Closing the descriptor, here or in the shard, takes it out of the poller as well.
        switch connection.phase {
        case .handshake:
            self.unfinishedCount -= 1
            connection.socket.close()
        case .link:
            if connection.shard.parkedLinks.takeBack(number) { return connection.socket.close() }
            self.outbox[connection.shard.index].append(.closed(number: number, connection.socket))
        }
    }

    /// Tells the shards what happened, with at most one wake each.
    mutating func deliver() {
        for index in self.outbox.indices where !self.outbox[index].isEmpty {
            self.node.shards[index].linkEvents.post(self.outbox[index])
            self.outbox[index].removeAll(keepingCapacity: true)
        }
    }

    mutating func sweep(now: UInt64) {
        guard self.unfinishedCount > 0 else { return }
        for (number, connection) in self.connections {
            if case .handshake(_, let deadline) = connection.phase, deadline < now {
                self.refuse(number, connection, .timedOut)
            }
        }
    }

    /// The port closes: handshakes under way end, links stay with their shards.
    mutating func closeUnfinished() {
        for number in Array(self.connections.keys) { self.ended(number) }
        self.buffer.deallocate()
    }
}
