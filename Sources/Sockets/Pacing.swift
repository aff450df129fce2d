// BBR paces: it sets a timer for almost every segment. Between processes of one machine there is nothing to pace for, and with
// sixteen replicas the timers were a fifth of a primary's time (docs/decisions/0025). Connections within the machine go
// without; whatever leaves it keeps the algorithm that the system was set to.

import CLinux
import Glibc

package enum Pacing {
    /// Paces nothing, and every Linux has it.
    private static let without = "reno"

    /// The algorithm that new connections of this system get, if it paces.
    private static let algorithm: String? = {
        let socket = Socket(descriptor: Glibc.socket(AF_INET, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0))
        guard socket.descriptor >= 0 else { return nil }
        defer { socket.close() }
        return socket.congestionControl.flatMap { $0.hasPrefix("bbr") ? $0 : nil }
    }()

    /// For those who set socket options as integers before they listen or connect: the value of TCP_CONGESTION that keeps a
    /// connection to `host` from being paced, its four letters. nil where nothing paces or `host` is not known to be this
    /// machine.
    package static func optionWithout(for host: String) -> CInt? {
        guard self.algorithm != nil, host == "localhost" || self.isLoopback(host) else { return nil }
        return self.without.utf8.reversed().reduce(0) { $0 << 8 | CInt($1) }
    }

    package static func isLoopback(_ host: String) -> Bool { host.hasPrefix("127.") || host == "::1" }

    /// For a socket that is not connected yet, since pacing does not end once it has begun. What a listener accepts inherits it.
    static func forgo(_ socket: Socket) {
        if self.algorithm != nil { socket.setCongestionControl(self.without) }
    }

    /// For a connection that was just accepted and inherited to go without; a listener at a loopback address needs not ask.
    package static func restoreUnlessLocal(_ socket: Socket) {
        if let algorithm, clinux_is_within_machine(socket.descriptor) == 0 { socket.setCongestionControl(algorithm) }
    }
}

extension Socket {
    /// The congestion control of this socket, as the kernel calls it; nil for what is not TCP.
    package var congestionControl: String? {
        var name = [UInt8](repeating: 0, count: 16)
        var length = socklen_t(name.count)
        guard getsockopt(self.descriptor, CInt(IPPROTO_TCP), TCP_CONGESTION, &name, &length) == 0 else { return nil }
        return String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
    }

    fileprivate func setCongestionControl(_ name: String) {
        _ = setsockopt(self.descriptor, CInt(IPPROTO_TCP), TCP_CONGESTION, name, socklen_t(name.utf8.count))
    }
}
