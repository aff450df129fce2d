import CLinux
import Glibc

/// An address, resolved once: a look-up per connection would cost more than the connection.
package struct Endpoint: Sendable {
    private let name: String
    private var address = sockaddr_storage()
    private let length: socklen_t

    /// - Parameters:
    ///   - host: an IPv4 or IPv6 address or a name.
    ///   - isPassive: for listening instead of connecting.
    package init(host: String, port: UInt16, isPassive: Bool = false) throws(SocketError) {
        var hints = addrinfo()
        hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        hints.ai_flags = isPassive ? AI_PASSIVE : 0
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, String(port), &hints, &list) == 0, let first = list else {
            throw SocketError("resolve \(host)", code: EADDRNOTAVAIL)
        }
        defer { freeaddrinfo(first) }
        self.name = "\(host):\(port)"
        self.length = first.pointee.ai_addrlen
        let resolved = UnsafeRawBufferPointer(start: first.pointee.ai_addr, count: Int(first.pointee.ai_addrlen))
        withUnsafeMutableBytes(of: &self.address) { $0.copyMemory(from: resolved) }
    }

    /// Whether bytes for it stay on this machine.
    package var isLoopback: Bool { withUnsafePointer(to: self.address) { clinux_is_loopback($0) != 0 } }

    /// Begins to connect; the socket is writable once connected (or `pendingError` tells why not).
    package func connect() throws(SocketError) -> Socket {
        let socket = try self.unconnected()
        do throws(SocketError) {
            try self.connect(socket)
        } catch {
            socket.close()
            throw error
        }
        return socket
    }

    /// Begins to connect with a socket made by `unconnected`, also again after `disconnect`.
    package func connect(_ socket: Socket) throws(SocketError) {
        try self.withAddress { (address, length) throws(SocketError) in
            guard Glibc.connect(socket.descriptor, address, length) == 0 || errno == EINPROGRESS else {
                throw SocketError("connect \(self.name)")
            }
        }
    }

    /// A non-blocking socket for connections to this address.
    package func unconnected() throws(SocketError) -> Socket {
        let socket = try self.opened()
        if self.isLoopback { Pacing.forgo(socket) }
        return socket
    }

    /// A non-blocking socket of the address's family.
    func opened() throws(SocketError) -> Socket {
        let kind = CInt(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let socket = Socket(descriptor: Glibc.socket(CInt(self.address.ss_family), kind, 0))
        guard socket.descriptor >= 0 else { throw SocketError("socket") }
        return socket
    }

    func withAddress<Result>(
        _ body: (UnsafePointer<sockaddr>, socklen_t) throws(SocketError) -> Result
    ) throws(SocketError) -> Result {
        try withUnsafePointer(to: self.address) { (storage) throws(SocketError) in
            try body(UnsafeRawPointer(storage).assumingMemoryBound(to: sockaddr.self), self.length)
        }
    }
}
