import Sockets
import Testing

@Suite struct SocketTests {
    /// A listener, and a connection to it that stands on both sides.
    private static func connection() throws -> (endpoint: Endpoint, listener: Socket, near: Socket, far: Socket) {
        let listener = try Socket.listen(host: "127.0.0.1", port: 0)
        let endpoint = try Endpoint(host: "127.0.0.1", port: try #require(listener.localPort))
        let near = try endpoint.connect()
        return (endpoint, listener, near, try #require(listener.accept()))
    }

    @Test("connections within the machine are not paced, whatever it is set to")
    func pacing() throws {
        let (_, listener, near, far) = try Self.connection()
        defer { for socket in [listener, near, far] { socket.close() } }
        for socket in [near, far] {
            let algorithm = try #require(socket.congestionControl)
            #expect(!algorithm.hasPrefix("bbr"))
        }
    }

    @Test("a disconnected socket has reset its peer, and connects again as somebody else")
    func reconnect() throws {
        let (endpoint, listener, near, far) = try Self.connection()
        defer { for socket in [listener, near, far] { socket.close() } }
        let first = try #require(far.peerAddress)
        near.disconnect()
        let ended = withUnsafeTemporaryAllocation(byteCount: 16, alignment: 1) { far.read(into: $0) }
        guard case .failed = ended else {
            Issue.record("the peer saw \(ended) instead of a reset")
            return
        }
        try endpoint.connect(near)
        let second = try #require(listener.accept())
        defer { second.close() }
        #expect(near.pendingError == 0)
        #expect(second.peerAddress != first)
        #expect([1, 2, 3].withUnsafeBytes { near.write($0) } == .moved(24))
    }
}
