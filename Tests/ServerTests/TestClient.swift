import Glibc
import Sockets

/// A blocking connection that reads whole replies; every wait ends with a deadline.
final class TestClient {
    enum Failure: Error {
        case timedOut(String)
        case closed
        case broken(Int32)
    }

    let socket: Socket
    private var input: [UInt8] = []
    private var used = 0
    private var isClosed = false
    private let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 * 1024, alignment: 16)

    init(port: UInt16) throws {
        self.socket = try Socket.connect(host: "127.0.0.1", port: port)
        do {
            try self.wait(for: Int16(POLLOUT), Deadline(), "connect")
            guard self.socket.pendingError == 0 else { throw Failure.broken(self.socket.pendingError) }
        } catch {
            self.close()
            throw error
        }
    }

    /// Takes over a connection that was accepted.
    init(accepted socket: Socket) { self.socket = socket }

    deinit {
        self.close()
        self.chunk.deallocate()
    }

    func close() {
        if !self.isClosed { self.socket.close() }
        self.isClosed = true
    }

    /// Ends the connection with a reset instead of an orderly close.
    func reset() {
        self.socket.resetOnClose()
        self.close()
    }

    // MARK: Sending

    func send(_ text: String) throws { try self.send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) throws {
        let deadline = Deadline()
        var sent = 0
        while sent < bytes.count {
            switch bytes[sent...].withUnsafeBytes({ self.socket.write($0) }) {
            case .moved(let count): sent += count
            case .wouldBlock: try self.wait(for: Int16(POLLOUT), deadline, "room to send")
            case .ended: throw Failure.closed
            case .failed(let code): throw Failure.broken(code)
            }
        }
    }

    /// Sends what the socket takes at once.
    /// - Returns: how many bytes that was.
    func sendSome(_ bytes: ArraySlice<UInt8>) throws -> Int {
        switch bytes.withUnsafeBytes({ self.socket.write($0) }) {
        case .moved(let count): return count
        case .wouldBlock, .ended: return 0
        case .failed(let code): throw Failure.broken(code)
        }
    }

    static func encoded(_ words: [String]) -> [UInt8] {
        var bytes = Array("*\(words.count)\r\n".utf8)
        for word in words { bytes += Array("$\(word.utf8.count)\r\n\(word)\r\n".utf8) }
        return bytes
    }

    func command(_ words: String...) throws -> Reply { try self.command(words) }

    func command(_ words: [String]) throws -> Reply {
        try self.send(Self.encoded(words))
        return try self.reply()
    }

    /// Sends commands as one piece, and reads their replies.
    func pipeline(_ commands: [[String]]) throws -> [Reply] {
        try self.send(commands.flatMap(Self.encoded))
        return try commands.map { _ in try self.reply() }
    }

    // MARK: Receiving

    func reply() throws -> Reply {
        let deadline = Deadline()
        while true {
            var reader = ReplyReader(self.input[self.used...])
            if let reply = reader.read() {
                self.used = reader.position
                self.compact()
                return reply
            }
            try self.receive(deadline, "a reply")
        }
    }

    func bytes(_ count: Int) throws -> [UInt8] {
        let deadline = Deadline()
        while self.input.count - self.used < count { try self.receive(deadline, "\(count) bytes") }
        defer { self.compact() }
        self.used += count
        return Array(self.input[(self.used - count)..<self.used])
    }

    /// Whatever has come and was not read yet; waits for one byte at least.
    func some() throws -> [UInt8] {
        if self.used == self.input.count { try self.receive(Deadline(), "a byte") }
        defer {
            self.input.removeAll(keepingCapacity: true)
            self.used = 0
        }
        return Array(self.input[self.used...])
    }

    /// Everything until the peer closes or resets.
    func untilClosed() throws -> String {
        let deadline = Deadline()
        while true {
            do {
                try self.receive(deadline, "the end of the connection")
            } catch Failure.closed {
                break
            } catch Failure.broken(ECONNRESET) {
                break
            }
        }
        return String(decoding: self.input[self.used...], as: UTF8.self)
    }

    private func compact() {
        guard self.used > 1 << 16 || self.used == self.input.count else { return }
        self.input.removeFirst(self.used)
        self.used = 0
    }

    private func receive(_ deadline: Deadline, _ what: String) throws {
        while true {
            switch self.socket.read(into: self.chunk) {
            case .moved(let count): return self.input.append(contentsOf: self.chunk[..<count])
            case .wouldBlock: try self.wait(for: Int16(POLLIN), deadline, what)
            case .ended: throw Failure.closed
            case .failed(let code): throw Failure.broken(code)
            }
        }
    }

    private func wait(for events: Int16, _ deadline: Deadline, _ what: String) throws {
        var entry = pollfd(fd: self.socket.descriptor, events: events, revents: 0)
        guard poll(&entry, 1, deadline.millisecondsLeft) != 0 else { throw Failure.timedOut(what) }
    }
}
