// A non-blocking TCP socket as a plain value: who closes it is the owner's business and stands where it is owned.

import CLinux
import Glibc

/// A system call on a socket that failed: which one, and the kernel's reason.
package struct SocketError: Error, CustomStringConvertible, Sendable {
    package var call: String
    package var code: CInt

    package init(_ call: String, code: CInt) {
        self.call = call
        self.code = code
    }

    /// The error that the last system call of this thread left behind.
    package init(_ call: String) {
        self.init(call, code: errno)
    }

    package var description: String { "\(self.call): \(String(cString: strerror(self.code)))" }
}

/// What became of one read or write that does not wait.
package enum TransferResult: Equatable, Sendable {
    /// So many bytes moved; at least one.
    case moved(Int)
    /// Nothing can move now; wait for readiness.
    case wouldBlock
    /// The peer closed its side (reads only).
    case ended
    /// The connection is broken.
    case failed(CInt)
}

package struct Socket: Hashable, Sendable {
    package let descriptor: CInt
    package init(descriptor: CInt) { self.descriptor = descriptor }

    /// Opens a listening socket.
    /// - Parameters:
    ///   - host: an IPv4 or IPv6 address or a name.
    ///   - port: 0 takes any free port.
    package static func listen(host: String, port: UInt16, backlog: CInt = 4096) throws(SocketError) -> Socket {
        let endpoint = try Endpoint(host: host, port: port, isPassive: true)
        let socket = try endpoint.opened()
        socket.set(SOL_SOCKET, SO_REUSEADDR, 1)
        Pacing.forgo(socket)
        do throws(SocketError) {
            try endpoint.withAddress { (address, length) throws(SocketError) in
                guard Glibc.bind(socket.descriptor, address, length) == 0 else {
                    throw SocketError("bind \(host):\(port)")
                }
            }
            guard Glibc.listen(socket.descriptor, backlog) == 0 else { throw SocketError("listen \(host):\(port)") }
        } catch {
            socket.close()
            throw error
        }
        return socket
    }

    /// Begins to connect; the socket is writable once connected (or `pendingError` tells why not). Who connects often
    /// keeps an `Endpoint` instead.
    package static func connect(host: String, port: UInt16) throws(SocketError) -> Socket {
        try Endpoint(host: host, port: port).connect()
    }

    /// Accepts one waiting connection, non-blocking; nil when there is none (or it is gone already).
    package func accept() -> Socket? {
        let descriptor = clinux_accept(self.descriptor)
        return descriptor >= 0 ? Socket(descriptor: descriptor) : nil
    }

    package func read(into bytes: UnsafeMutableRawBufferPointer) -> TransferResult {
        Self.result(of: recv(self.descriptor, bytes.baseAddress, bytes.count, 0), endsAtZero: true)
    }

    /// Writes without raising SIGPIPE.
    package func write(_ bytes: UnsafeRawBufferPointer) -> TransferResult {
        let flags = CInt(MSG_NOSIGNAL)
        return Self.result(of: send(self.descriptor, bytes.baseAddress, bytes.count, flags), endsAtZero: false)
    }

    private static func result(of count: Int, endsAtZero: Bool) -> TransferResult {
        if count > 0 { return .moved(count) }
        if count == 0 { return endsAtZero ? .ended : .wouldBlock }
        switch errno {
        case EAGAIN, EINTR: return .wouldBlock
        default: return .failed(errno)
        }
    }

    package func close() {
        _ = Glibc.close(self.descriptor)
    }

    /// Ends both directions; the descriptor stays open, so that its number cannot be given to another connection yet.
    package func shutdown() {
        _ = Glibc.shutdown(self.descriptor, CInt(SHUT_RDWR))
    }

    /// Makes the next `close` send a reset instead of a FIN, so that no port lingers in TIME_WAIT.
    package func resetOnClose() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(self.descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    }

    /// Ends the connection at once, with a reset for the peer; the socket can be connected again.
    package func disconnect() {
        var nowhere = sockaddr()
        nowhere.sa_family = sa_family_t(AF_UNSPEC)
        _ = Glibc.connect(self.descriptor, &nowhere, socklen_t(MemoryLayout<sockaddr>.size))
    }

    package func setNoDelay() {
        self.set(CInt(IPPROTO_TCP), TCP_NODELAY, 1)
    }

    /// Lets the kernel's acknowledgements wait for an answer to travel with; without, the first ones leave by themselves.
    package func delayAcknowledgements() {
        self.set(CInt(IPPROTO_TCP), TCP_QUICKACK, 0)
    }

    /// Stops taking bytes once so many wait unsent in the kernel (TCP_NOTSENT_LOWAT).
    package func setUnsentLimit(bytes: Int) {
        self.set(CInt(IPPROTO_TCP), TCP_NOTSENT_LOWAT, CInt(clamping: bytes))
    }

    /// Sets the size of the kernel's receive buffer, in bytes, and ends its auto-tuning.
    package func setReceiveBuffer(bytes: Int) {
        self.set(SOL_SOCKET, SO_RCVBUF, CInt(clamping: bytes))
    }

    private func set(_ level: CInt, _ option: CInt, _ value: CInt) {
        var value = value
        setsockopt(self.descriptor, level, option, &value, socklen_t(MemoryLayout<CInt>.size))
    }

    /// The error that an asynchronous connect ended with; 0 for none.
    package var pendingError: CInt {
        var code: CInt = 0
        var length = socklen_t(MemoryLayout<CInt>.size)
        getsockopt(self.descriptor, SOL_SOCKET, SO_ERROR, &code, &length)
        return code
    }

    /// Bytes that have come and wait to be read.
    package var unreadBytes: Int { max(0, Int(clinux_unread_bytes(self.descriptor))) }

    /// The local port.
    package var localPort: UInt16? { self.localAddress?.port }

    package var localAddress: SocketAddress? { Self.address(getsockname, self.descriptor) }

    /// The peer's address.
    package var peerAddress: SocketAddress? { Self.address(getpeername, self.descriptor) }

    private static func address(
        _ call: (CInt, UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> CInt,
        _ descriptor: CInt
    ) -> SocketAddress? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                guard call(descriptor, address, &length) == 0 else { return nil }
                return SocketAddress(address, length: length)
            }
        }
    }
}

/// A numeric host and a port.
package struct SocketAddress: Hashable, Sendable, CustomStringConvertible {
    package var host: String
    package var port: UInt16

    init?(_ address: UnsafePointer<sockaddr>, length: socklen_t) {
        var host = [CChar](repeating: 0, count: 64)
        var service = [CChar](repeating: 0, count: 8)
        let flags = CInt(NI_NUMERICHOST | NI_NUMERICSERV)
        guard getnameinfo(address, length, &host, 64, &service, 8, flags) == 0 else { return nil }
        func text(_ characters: [CChar]) -> String {
            String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
        self.host = text(host)
        self.port = UInt16(text(service)) ?? 0
    }

    package var description: String {
        self.host.contains(":") ? "[\(self.host)]:\(self.port)" : "\(self.host):\(self.port)"
    }
}
