import Glibc
import Primitives
import Replication
import Sockets

/// A stream that a test writes by hand, for replicas that are told its port with `replica-of-stream`.
final class FakePrimary {
    static let history = "0123456789abcdef0123456789abcdef01234567"

    private let listener: Socket
    let port: UInt16

    init() throws {
        self.listener = try Socket.listen(host: "127.0.0.1", port: 0)
        self.port = self.listener.localPort ?? 0
    }

    deinit { self.listener.close() }

    var asPrimary: [String: String] { ["replica-of-stream": "127.0.0.1:\(self.port)"] }

    /// The next connection.
    func accept() throws -> TestClient {
        let deadline = Deadline()
        while !deadline.isPassed {
            var entry = pollfd(fd: self.listener.descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&entry, 1, deadline.millisecondsLeft) > 0 else { break }
            if let socket = self.listener.accept() { return TestClient(accepted: socket) }
        }
        throw TestClient.Failure.timedOut("a replica")
    }

    /// The next replica, with what it asked for: its words.
    func replica() throws -> (connection: TestClient, words: [String]) {
        let connection = try self.accept()
        return (connection, try connection.reply().elements.map { $0.text ?? "" })
    }

    /// The next replica, granted what it asked for.
    func grantedReplica() throws -> (connection: TestClient, position: Position) {
        let (connection, words) = try self.replica()
        let position = words.count > 2 ? Position(words[2]) ?? 0 : 0
        try connection.send("+ACK \(position) \(Self.history)\r\n")
        return (connection, position)
    }

    static func frame(_ lsn: LSN, _ words: [String]) -> [UInt8] {
        Array("*2\r\n:\(lsn - 1)\r\n".utf8) + TestClient.encoded(words)
    }

    /// `SET k<lsn> <lsn>`
    static func frame(_ lsn: LSN) -> [UInt8] { Self.frame(lsn, ["SET", "k\(lsn)", "\(lsn)"]) }
}
