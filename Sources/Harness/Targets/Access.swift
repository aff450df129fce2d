// How a running server lets clients in.

/// What a client of a running server must show.
package struct Access: Hashable, Sendable {
    /// Certificates of a TLS connection; all paths of PEM files.
    package struct TLS: Hashable, Sendable {
        /// Who is trusted to vouch for the server; nil: those whom the system trusts.
        package var authorities: String?
        /// What shows who we are, with its key.
        package var certificate: String?
        package var key: String?
        /// The server's certificate is not checked.
        package var isInsecure = false

        package init() {}
    }

    /// Nil: the server's default user.
    package var user: String?
    package var password: Secret?
    /// Nil: plain TCP.
    package var tls: TLS?

    package init() {}

    /// What a connection says first; empty when nothing is asked.
    var greeting: [UInt8] {
        guard let password else { return [] }
        return CommandEncoder.bytes(["AUTH"] + (self.user.map { [$0] } ?? []) + [password.reveal])
    }
}

/// A text that no output shows.
package struct Secret: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let text: String

    package init(_ text: String) { self.text = text }

    /// For the connection itself, and nothing else.
    var reveal: String { self.text }

    package var description: String { "***" }
    package var debugDescription: String { "***" }
    package var customMirror: Mirror { Mirror(self, children: [:]) }

    /// A text with the password of every URL in it masked, for commands and messages that are shown.
    package static func masked(_ text: String) -> String {
        guard let scheme = text.firstRange(of: "://"), let at = text[scheme.upperBound...].lastIndex(of: "@"),
            let colon = text[scheme.upperBound..<at].firstIndex(of: ":")
        else { return text }
        return text[...colon] + "***" + text[at...]
    }
}
