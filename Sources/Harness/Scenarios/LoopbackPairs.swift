import Glibc
import Sockets

/// Connected pairs of loopback sockets: this thread writes, a thread of its own reads everything away.
final class LoopbackPairs {
    let writers: [Socket]
    private let drain: Reactor<DrainBody>
    private let writable: Poller

    init(count: Int) throws(SocketError) {
        let listener = try Socket.listen(host: "127.0.0.1", port: 0)
        defer { listener.close() }
        self.writable = try Poller()
        let poller = try Poller()
        let body = DrainBody(poller)
        var writers: [Socket] = []
        for index in 0..<count {
            let reader = try Socket.connect(host: "127.0.0.1", port: listener.localPort ?? 0)
            try body.add(reader)
            writers.append(try Self.accept(listener))
            try self.writable.add(writers[index], [.writable, .edgeTriggered], token: UInt64(index))
        }
        self.writers = writers
        self.drain = Reactor(poller: poller, body: body)
        self.drain.start()
    }

    private static func accept(_ listener: Socket) throws(SocketError) -> Socket {
        var watched = pollfd(fd: listener.descriptor, events: Int16(POLLIN), revents: 0)
        _ = poll(&watched, 1, 1000)
        guard let socket = listener.accept() else { throw SocketError("accept") }
        return socket
    }

    func waitUntilWritable() { self.writable.wait(timeoutMilliseconds: 10) { _ in } }

    func stop() {
        self.drain.call { $0.close() }
        self.drain.stop()
        for socket in self.writers { socket.close() }
    }
}

/// Reads and forgets, in reads of the size that replicas use.
private final class DrainBody: Reacting {
    private static let readSize = 256 * 1024
    private let poller: Poller
    private var sockets: [Socket] = []
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: DrainBody.readSize, alignment: 64)

    init(_ poller: Poller) { self.poller = poller }

    deinit { self.buffer.deallocate() }

    func add(_ socket: Socket) throws(SocketError) {
        try self.poller.add(socket, .readable, token: UInt64(self.sockets.count))
        self.sockets.append(socket)
    }

    func ready(_ event: Poller.Event) {
        guard event.token < UInt64(self.sockets.count) else { return }
        _ = self.sockets[Int(event.token)].read(into: self.buffer)
    }

    func tick(now: UInt64) {}

    func close() {
        for socket in self.sockets { socket.close() }
        self.sockets.removeAll()
    }
}
