// How a running server lets clients in.

import Sockets

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

extension Access {
    /// Bytes of an answer to AUTH that are waited for at most.
    private static let answerLimit = 4096

    /// Opens a connection that the server takes commands from: without a password it is only begun, as `Endpoint.connect`
    /// does; with one, the calling thread waits for the answer to it.
    /// - Throws: `targetUnavailable` with the server's own words when it does not let us in.
    func open(_ endpoint: Endpoint) throws(HarnessError) -> Socket {
        guard !self.greeting.isEmpty else {
            do throws(SocketError) {
                return try endpoint.connect()
            } catch {
                throw HarnessError(.targetUnavailable, "cannot connect: \(error)")
            }
        }
        let connection = try WaitingSocket(endpoint)
        try connection.send(self.greeting)
        var answer: [UInt8] = []
        while answer.last != UInt8(ascii: "\n"), answer.count < Self.answerLimit {
            // One byte at a time: what comes behind the line belongs to whoever uses the connection.
            var byte: UInt8 = 0
            let count = try withUnsafeMutableBytes(of: &byte) { (bytes) throws(HarnessError) in
                try connection.read(into: bytes)
            }
            guard count > 0 else { throw HarnessError(.targetUnavailable, "it closed the connection at AUTH") }
            answer.append(byte)
        }
        guard answer.starts(with: Array("+OK".utf8)) else {
            let line = String(decoding: answer, as: UTF8.self).split(whereSeparator: \.isNewline).first ?? ""
            throw HarnessError(.targetUnavailable, "it does not take the password: \(line.dropFirst())")
        }
        return connection.release()
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
