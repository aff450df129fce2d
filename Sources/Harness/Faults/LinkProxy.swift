// A TCP proxy with faults: connections to it go on to another endpoint, and what travels between can be delayed, slowed,
// stalled as by lost packets, or cut. It stands in for a network that this machine does not have; its own work is on the
// harness's account.

import Glibc
import Primitives
package import Sockets

package final class LinkProxy: Sendable {
    private let reactor: Reactor<ProxyBody>
    /// Where it listens.
    package let port: UInt16

    /// - Parameters:
    ///   - host: where it listens; port 0 takes a free one.
    ///   - far: what it stands before.
    ///   - seed: of the packets that are lost.
    package init(
        host: String = TargetLauncher.host,
        port: UInt16 = 0,
        to far: Endpoint,
        shape: LinkShape = LinkShape(),
        seed: UInt64
    ) throws(SocketError) {
        let poller = try Poller()
        let listener = try Socket.listen(host: host, port: port)
        self.port = listener.localPort ?? port
        let body: ProxyBody
        do throws(SocketError) {
            body = try ProxyBody(poller, listener, to: far, shape, seed: seed)
        } catch {
            listener.close()
            throw error
        }
        self.reactor = Reactor(poller: poller, body: body)
        self.reactor.start()
    }

    /// Closes every connection.
    package func stop() {
        self.reactor.call { $0.close() }
        self.reactor.stop()
    }

    /// Changes what the links are like, those that stand as well.
    package func set(_ shape: LinkShape) { self.reactor.call { $0.set(shape) } }

    /// Resets every connection, and each that comes, until `mend`.
    package func cut() { self.reactor.call { $0.cut() } }
    package func mend() { self.reactor.call { $0.isCut = false } }

    /// Connections that stand.
    package var connections: Int { self.reactor.call { $0.pairs.count } }
}

/// One direction of a connection.
struct ProxyFlow {
    /// What is inside at most, in bytes, beside what a link of this delay and rate holds anyway: then the source is not read.
    private static let room = 1 << 20

    var queue: ShapedQueue
    /// What is inside, from `head` on.
    private var bytes: [UInt8] = []
    private var head = 0
    /// The source has closed its side.
    var isEnded = false
    /// The sink takes nothing for now.
    var isBlocked = false

    init(_ shape: LinkShape) { self.queue = ShapedQueue(shape) }

    var isFull: Bool { self.queue.count >= Self.room + self.queue.shape.bytesInside }
    var isDone: Bool { self.isEnded && self.queue.count == 0 }

    mutating func put(_ piece: UnsafeRawBufferPointer, at now: UInt64, using generator: inout SeededGenerator) {
        self.bytes.append(contentsOf: piece)
        self.queue.put(piece.count, at: now, using: &generator)
    }

    /// Writes what is due; false when the sink is broken.
    mutating func send(to sink: Socket, at now: UInt64) -> Bool {
        self.isBlocked = false
        while true {
            let ready = min(self.queue.ready(at: now), self.bytes.count - self.head)
            guard ready > 0 else { return true }
            let result = self.bytes.withUnsafeBytes { bytes in
                sink.write(UnsafeRawBufferPointer(rebasing: bytes[self.head..<(self.head + ready)]))
            }
            switch result {
            case .moved(let count):
                self.queue.take(count)
                self.head += count
                if self.head == self.bytes.count || self.head > Self.room {
                    self.bytes.removeFirst(self.head)
                    self.head = 0
                }
            case .wouldBlock:
                self.isBlocked = true
                return true
            case .ended, .failed: return false
            }
        }
    }
}

extension LinkShape {
    /// Bytes that are on their way by nature: a slow link's delay at its rate; what a gigabit carries where it has none.
    var bytesInside: Int { (self.bytesPerSecond ?? 125_000_000) / 1000 * self.delayMilliseconds }
}

/// What the proxy's thread owns.
final class ProxyBody: Reacting {
    final class Pair {
        let near: Socket
        let far: Socket
        var isConnected = false
        var up: ProxyFlow
        var down: ProxyFlow
        /// What each side is watched for, so that the poller hears of changes only.
        var interests: (near: Poller.Interest, far: Poller.Interest) = ([], .writable)

        init(near: Socket, far: Socket, _ shape: LinkShape) {
            self.near = near
            self.far = far
            self.up = ProxyFlow(shape)
            self.down = ProxyFlow(shape)
        }
    }

    private static let listenerToken: UInt64 = 0
    private static let tickerToken: UInt64 = 1
    private static let readSize = 64 * 1024
    /// How exactly delays are kept.
    private static let tickNanoseconds: UInt64 = 1_000_000
    /// More connections than any run has replicas; each costs two descriptors.
    private static let pairLimit = 20_000

    private let poller: Poller
    private let listener: Socket
    private let ticker: Ticker
    private let far: Endpoint
    private var shape: LinkShape
    private var generator: SeededGenerator
    private(set) var pairs: [UInt64: Pair] = [:]
    private var nextPair: UInt64 = 1
    var isCut = false
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: ProxyBody.readSize, alignment: 64)

    init(_ poller: Poller, _ listener: Socket, to far: Endpoint, _ shape: LinkShape, seed: UInt64) throws(SocketError) {
        self.poller = poller
        self.listener = listener
        self.far = far
        self.shape = shape
        self.generator = SeededGenerator(seed: seed)
        self.ticker = try Ticker(intervalNanoseconds: Self.tickNanoseconds)
        try poller.add(listener, .readable, token: Self.listenerToken)
        try poller.add(self.ticker.socket, .readable, token: Self.tickerToken)
    }

    deinit { self.buffer.deallocate() }

    func set(_ shape: LinkShape) {
        self.shape = shape
        for pair in self.pairs.values {
            pair.up.queue.shape = shape
            pair.down.queue.shape = shape
        }
    }

    func cut() {
        self.isCut = true
        for token in Array(self.pairs.keys) { self.drop(token) }
    }

    func close() {
        for token in Array(self.pairs.keys) { self.drop(token) }
        self.listener.close()
        self.ticker.close()
    }

    // MARK: - Events

    /// A pair's near side has the even token, its far side the odd one behind it.
    func ready(_ event: Poller.Event) {
        switch event.token {
        case Self.listenerToken: return self.accept()
        case Self.tickerToken:
            self.ticker.drain()
            let now = Clocks.monotonicNanoseconds
            for (token, pair) in self.pairs where pair.up.queue.count > 0 || pair.down.queue.count > 0 {
                self.move(pair, token, now)
            }
        default:
            let token = event.token / 2
            guard let pair = self.pairs[token] else { return }
            let isFar = event.token % 2 == 1
            if isFar, !pair.isConnected {
                guard pair.far.pendingError == 0 else { return self.drop(token) }
                pair.isConnected = true
            }
            // Reported whether it is watched for or not: nobody reads or writes there any more.
            if event.isHangup, !event.isReadable { return self.drop(token) }
            let now = Clocks.monotonicNanoseconds
            if event.isReadable {
                guard self.read(pair, isFar: isFar, now) else { return self.drop(token) }
            }
            self.move(pair, token, now)
        }
    }

    func tick(now: UInt64) {}

    private func accept() {
        while let near = self.listener.accept() {
            guard !self.isCut, self.pairs.count < Self.pairLimit, let far = try? self.far.connect() else {
                near.resetOnClose()
                near.close()
                continue
            }
            Pacing.restoreUnlessLocal(near)
            near.setNoDelay()
            far.setNoDelay()
            let token = self.nextPair
            self.nextPair += 1
            let pair = Pair(near: near, far: far, self.shape)
            self.pairs[token] = pair
            do throws(SocketError) {
                try self.poller.add(near, pair.interests.near, token: token * 2)
                try self.poller.add(far, pair.interests.far, token: token * 2 + 1)
            } catch {
                self.drop(token)
            }
        }
    }

    /// Reads from one side what there is, once; false when the connection is broken.
    private func read(_ pair: Pair, isFar: Bool, _ now: UInt64) -> Bool {
        if isFar ? pair.down.isFull || pair.down.isEnded : pair.up.isFull || pair.up.isEnded { return true }
        switch (isFar ? pair.far : pair.near).read(into: self.buffer) {
        case .moved(let count):
            let piece = UnsafeRawBufferPointer(rebasing: self.buffer[..<count])
            if isFar {
                pair.down.put(piece, at: now, using: &self.generator)
            } else {
                pair.up.put(piece, at: now, using: &self.generator)
            }
        case .wouldBlock: break
        case .ended:
            if isFar { pair.down.isEnded = true } else { pair.up.isEnded = true }
        case .failed: return false
        }
        return true
    }

    /// Sends on what is due and sets what is watched for.
    private func move(_ pair: Pair, _ token: UInt64, _ now: UInt64) {
        guard pair.isConnected else { return }
        guard pair.up.send(to: pair.far, at: now), pair.down.send(to: pair.near, at: now) else {
            return self.drop(token)
        }
        // Half-open connections are of no use to replication: who ends one side has left.
        if pair.up.isDone || pair.down.isDone { return self.drop(token, byReset: false) }
        var near: Poller.Interest = []
        var far: Poller.Interest = []
        if !pair.up.isFull, !pair.up.isEnded { near.insert(.readable) }
        if !pair.down.isFull, !pair.down.isEnded { far.insert(.readable) }
        if pair.down.isBlocked { near.insert(.writable) }
        if pair.up.isBlocked { far.insert(.writable) }
        do throws(SocketError) {
            if near != pair.interests.near { try self.poller.modify(pair.near, near, token: token * 2) }
            if far != pair.interests.far { try self.poller.modify(pair.far, far, token: token * 2 + 1) }
            pair.interests = (near, far)
        } catch {
            self.drop(token)
        }
    }

    private func drop(_ token: UInt64, byReset: Bool = true) {
        guard let pair = self.pairs.removeValue(forKey: token) else { return }
        for socket in [pair.near, pair.far] {
            self.poller.remove(socket)
            if byReset { socket.resetOnClose() }
            socket.close()
        }
    }
}
