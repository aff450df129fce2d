// A connection that waits for its replies.

import Glibc
import Sockets

final class RedisConnection {
    enum Failure: Error {
        case closed
        case silent
        case refused(CInt)
    }

    private let socket: Socket
    private var input: [UInt8] = []
    private static let patienceMilliseconds: CInt = 10_000

    init(port: UInt16) throws {
        self.socket = try Socket.connect(host: "127.0.0.1", port: port)
        try Self.wait(self.socket, for: POLLOUT)
        let code = self.socket.pendingError
        // `deinit` closes.
        guard code == 0 else { throw Failure.refused(code) }
    }

    deinit { self.socket.close() }

    /// Sends commands, already encoded, and returns as many replies.
    func exchange(_ commands: [UInt8], replies count: Int) throws -> [Reply] {
        try self.send(commands)
        var replies: [Reply] = []
        var start = 0
        while replies.count < count {
            if let (reply, end) = Reply.read(self.input, from: start) {
                replies.append(reply)
                start = end
            } else {
                try self.receive()
            }
        }
        self.input.removeFirst(start)
        return replies
    }

    func exchange(_ words: String...) throws -> Reply {
        try self.exchange(encode(words.map { Array($0.utf8) }), replies: 1)[0]
    }

    private func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            switch bytes.withUnsafeBytes({ self.socket.write(UnsafeRawBufferPointer(rebasing: $0[sent...])) }) {
            case .moved(let count): sent += count
            case .wouldBlock: try Self.wait(self.socket, for: POLLOUT)
            case .ended, .failed: throw Failure.closed
            }
        }
    }

    private func receive() throws {
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        switch buffer.withUnsafeMutableBytes({ self.socket.read(into: $0) }) {
        case .moved(let count): self.input += buffer[0..<count]
        case .wouldBlock: try Self.wait(self.socket, for: POLLIN)
        case .ended, .failed: throw Failure.closed
        }
    }

    private static func wait(_ socket: Socket, for events: CInt) throws {
        var item = pollfd(fd: socket.descriptor, events: Int16(events), revents: 0)
        guard poll(&item, 1, Self.patienceMilliseconds) > 0 else { throw Failure.silent }
    }
}
