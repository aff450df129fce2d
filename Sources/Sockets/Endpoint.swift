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

    /// Begins to connect; the socket is writable once connected (or `pendingError` tells why not).
    package func connect() throws(SocketError) -> Socket {
        try self.opened { (socket, address, length) throws(SocketError) in
            guard Glibc.connect(socket.descriptor, address, length) == 0 || errno == EINPROGRESS else {
                throw SocketError("connect \(self.name)")
            }
        }
    }

    /// Makes a non-blocking socket of the address's family; it is closed again when `body` throws.
    func opened(
        _ body: (Socket, UnsafePointer<sockaddr>, socklen_t) throws(SocketError) -> Void
    ) throws(SocketError) -> Socket {
        let kind = CInt(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let socket = Socket(descriptor: Glibc.socket(CInt(self.address.ss_family), kind, 0))
        guard socket.descriptor >= 0 else { throw SocketError("socket") }
        do throws(SocketError) {
            try withUnsafePointer(to: self.address) { (storage) throws(SocketError) in
                try body(socket, UnsafeRawPointer(storage).assumingMemoryBound(to: sockaddr.self), self.length)
            }
        } catch {
            socket.close()
            throw error
        }
        return socket
    }
}
