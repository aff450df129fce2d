import Glibc
import Sockets

/// A connection on which the calling thread waits for every transfer.
final class WaitingSocket {
    let socket: Socket
    private var isOwned = true
    /// How long one transfer may take.
    private let timeoutMilliseconds: CInt

    /// Connects.
    /// - Throws: `targetUnavailable` when nobody listens, `timedOut` when nobody answers.
    init(_ endpoint: Endpoint, timeoutSeconds: Double = 10) throws(HarnessError) {
        self.timeoutMilliseconds = CInt(timeoutSeconds * 1000)
        do throws(SocketError) {
            self.socket = try endpoint.connect()
        } catch {
            throw HarnessError(.targetUnavailable, "cannot connect: \(error)")
        }
        try self.wait(for: CInt(POLLOUT))
        let code = self.socket.pendingError
        guard code == 0 else {
            throw HarnessError(.targetUnavailable, "cannot connect: \(String(cString: strerror(code)))")
        }
        self.socket.setNoDelay()
    }

    deinit { if self.isOwned { self.socket.close() } }

    /// Hands the connection over to somebody else, who closes it.
    func release() -> Socket {
        self.isOwned = false
        return self.socket
    }

    func send(_ bytes: [UInt8]) throws(HarnessError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            switch rest.withUnsafeBytes({ self.socket.write($0) }) {
            case .moved(let count): rest.removeFirst(count)
            case .wouldBlock: try self.wait(for: CInt(POLLOUT))
            case .ended, .failed: throw HarnessError(.targetFailed, "the target closed the connection")
            }
        }
    }

    /// Reads what there is, at least one byte.
    /// - Returns: bytes read; 0 when the peer has closed its side.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(HarnessError) -> Int {
        while true {
            switch self.socket.read(into: buffer) {
            case .moved(let count): return count
            case .ended: return 0
            case .wouldBlock: try self.wait(for: CInt(POLLIN))
            case .failed(let code):
                throw HarnessError(.targetFailed, "the connection was lost: \(String(cString: strerror(code)))")
            }
        }
    }

    private func wait(for events: CInt) throws(HarnessError) {
        var watched = pollfd(fd: self.socket.descriptor, events: Int16(events), revents: 0)
        while true {
            let count = poll(&watched, 1, self.timeoutMilliseconds)
            if count > 0 { return }
            if count < 0, errno == EINTR { continue }
            throw HarnessError(.timedOut, "the target did not answer within \(self.timeoutMilliseconds) ms")
        }
    }
}
