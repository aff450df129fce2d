import Glibc
import Sockets
import Testing

@testable import MetricsPage

@Suite struct MetricsPortTests {
    /// Sends a request, and reads until the other side closes.
    private func ask(_ request: String, at port: MetricsPort) throws -> String {
        let socket = try Socket.connect(host: "127.0.0.1", port: UInt16(port.port))
        defer { socket.close() }
        var poll = pollfd(fd: socket.descriptor, events: Int16(POLLIN), revents: 0)
        _ = Array(request.utf8).withUnsafeBytes { socket.write($0) }
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            switch buffer.withUnsafeMutableBytes({ socket.read(into: $0) }) {
            case .moved(let count): answer += buffer[..<count]
            case .wouldBlock: try #require(Glibc.poll(&poll, 1, 10_000) == 1, "no answer within ten seconds")
            case .ended, .failed: return String(decoding: answer, as: UTF8.self)
            }
        }
    }

    @Test(
        "one page, and clear answers to whoever wants another",
        arguments: [
            ("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n", "200 OK", "depth 1\n"),
            ("GET /metrics?x=1 HTTP/1.1\r\nHost: a\r\n\r\n", "200 OK", "depth 1\n"),
            ("HEAD /metrics HTTP/1.1\r\nHost: a\r\n\r\n", "200 OK", "\r\n\r\n"),
            ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "404 Not Found", "the metrics are at /metrics\n"),
            ("POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi", "405", "only GET and HEAD\n"),
            ("rubbish\r\n\r\n", "400 Bad Request", ""),
        ]
    )
    func answers(request: String, status: String, end: String) throws {
        let port = try MetricsPort(host: "127.0.0.1", port: 0) { "depth 1\n" }
        defer { port.stop() }
        let answer = try self.ask(request, at: port)
        #expect(answer.contains(" \(status)") && answer.hasSuffix(end), "\(answer)")
    }

    @Test("a port that is taken is an error")
    func taken() throws {
        let port = try MetricsPort(host: "127.0.0.1", port: 0) { "" }
        defer { port.stop() }
        #expect(throws: (any Error).self) { _ = try MetricsPort(host: "127.0.0.1", port: port.port) { "" } }
    }
}
