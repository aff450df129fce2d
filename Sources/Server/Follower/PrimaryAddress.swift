/// Where a node finds the one that it follows.
package struct PrimaryAddress: Equatable, Sendable, CustomStringConvertible {
    package enum Kind: Sendable {
        /// The port for clients: it is asked where the streams are.
        case node
        /// The port of one stream, for a node with one shard.
        case stream
    }

    package var host: String
    package var port: UInt16
    package var kind: Kind

    /// Characters of a name in the domain name system.
    static let longestHost = 255

    package init(host: String, port: UInt16, kind: Kind = .node) {
        self.host = host
        self.port = port
        self.kind = kind
    }

    /// Reads `host:port`; an IPv6 address stands in brackets.
    package init?(_ text: String, kind: Kind) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]), port > 0 else {
            return nil
        }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty else { return nil }
        self.init(host: String(host), port: port, kind: kind)
    }

    package var description: String {
        self.host.contains(":") ? "[\(self.host)]:\(self.port)" : "\(self.host):\(self.port)"
    }
}
