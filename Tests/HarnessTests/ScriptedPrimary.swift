import Sockets
import Testing

/// A server that reads nothing by itself: the test writes both sides of the script.
final class ScriptedPrimary: Sendable {
    let listener: Socket
    let port: UInt16

    init() throws {
        self.listener = try Socket.listen(host: "127.0.0.1", port: 0)
        self.port = try #require(self.listener.localPort)
    }

    deinit { self.listener.close() }

    func accept() throws -> Socket {
        let deadline = Clocks.monotonicNanoseconds + 5_000_000_000
        while Clocks.monotonicNanoseconds < deadline {
            if let socket = self.listener.accept() { return socket }
        }
        throw SocketError("accept")
    }

    /// What a peer has sent, once it has sent so much.
    func receive(_ socket: Socket, atLeast count: Int, within seconds: Double = 5) -> [UInt8] {
        var received: [UInt8] = []
        let deadline = Clocks.monotonicNanoseconds + UInt64(seconds * 1e9)
        while received.count < count, Clocks.monotonicNanoseconds < deadline {
            withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
                if case .moved(let count) = socket.read(into: buffer) { received += buffer[..<count] }
            }
        }
        return received
    }
}
