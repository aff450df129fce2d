// The harness's own client of a target, for questions between measurements: PING, INFO, CONFIG GET. It waits for each
// answer; nothing that is timed goes through it.

import Glibc
import Sockets

/// An answer in RESP2.
package enum Reply: Equatable, Sendable {
    case simple(String)
    case error(String)
    case integer(Int64)
    case bulk(String?)
    case array([Reply])

    var number: Int64? {
        if case .integer(let number) = self { number } else { nil }
    }

    var text: String? {
        switch self {
        case .simple(let text), .bulk(let text?): text
        default: nil
        }
    }
}

/// Answers as the bytes that came.
struct RawReplies {
    var bytes: [UInt8] = []
    /// Where each ends.
    var ends: [Int] = []

    subscript(place: Int) -> ArraySlice<UInt8> {
        self.bytes[(place == 0 ? 0 : self.ends[place - 1])..<self.ends[place]]
    }
}

package final class ControlConnection {
    /// Answers larger than this are a mistake; INFO and CONFIG GET stay far below.
    private static let answerLimit = 1 << 20
    /// The same for many values at once.
    private static let volleyLimit = 256 << 20
    private static let timeoutMilliseconds: CInt = 10_000

    private let socket: Socket
    private var input: [UInt8] = []

    /// - Parameter access: what the server wants to hear first.
    /// - Throws: `HarnessError` when the target refuses the connection.
    package init(host: String, port: UInt16, _ access: Access = Access()) throws(HarnessError) {
        let endpoint: Endpoint
        do throws(SocketError) {
            endpoint = try Endpoint(host: host, port: port)
        } catch {
            throw HarnessError(.targetUnavailable, "cannot connect to \(host):\(port): \(error)")
        }
        do throws(HarnessError) {
            self.socket = try access.open(endpoint)
        } catch {
            throw HarnessError(error.code, "\(host):\(port): \(error.message)")
        }
        // Where this throws `deinit` runs, and closes the socket: a second time would hit somebody else's.
        try self.wait(for: CInt(POLLOUT))
        let code = self.socket.pendingError
        guard code == 0 else {
            throw HarnessError(
                .targetUnavailable,
                "cannot connect to \(host):\(port): \(String(cString: strerror(code)))"
            )
        }
    }

    deinit { self.socket.close() }

    /// Sends one command and waits for its answer.
    package func ask(_ words: String...) throws(HarnessError) -> Reply {
        try self.send(CommandEncoder.bytes(words), words[0])
        while true {
            var parser = ReplyParser(self.input)
            if let reply = try parser.reply() {
                self.input.removeFirst(parser.at)
                return reply
            }
            try self.fill(words[0], limit: Self.answerLimit)
        }
    }

    /// Sends commands in one go and waits for all their answers, unread. What is sent must fit into the sockets' buffers
    /// together with what is answered meanwhile, so a volley is a few hundred short commands.
    func exchange(_ commands: [UInt8], answers: Int) throws(HarnessError) -> RawReplies {
        try self.send(commands, "a volley of commands")
        var replies = RawReplies()
        var at = 0
        while replies.ends.count < answers {
            if let end = try ReplySpan.end(self.input, from: at) {
                replies.ends.append(end)
                at = end
            } else {
                try self.fill("a volley of commands", limit: Self.volleyLimit)
            }
        }
        replies.bytes = Array(self.input[..<at])
        self.input.removeFirst(at)
        return replies
    }

    private func send(_ bytes: [UInt8], _ command: String) throws(HarnessError) {
        var request = bytes[...]
        while !request.isEmpty {
            switch request.withUnsafeBytes({ self.socket.write($0) }) {
            case .moved(let count): request.removeFirst(count)
            case .wouldBlock: try self.wait(for: CInt(POLLOUT))
            case .ended, .failed: throw HarnessError(.targetFailed, "the target closed the connection at \(command)")
            }
        }
    }

    private func fill(_ command: String, limit: Int) throws(HarnessError) {
        try self.wait(for: CInt(POLLIN))
        let size = 64 * 1024
        let result = withUnsafeTemporaryAllocation(byteCount: size, alignment: 1) { bytes in
            let result = self.socket.read(into: bytes)
            if case .moved(let count) = result { self.input.append(contentsOf: bytes[..<count]) }
            return result
        }
        switch result {
        case .moved, .wouldBlock: break
        case .ended, .failed: throw HarnessError(.targetFailed, "the target closed the connection at \(command)")
        }
        guard self.input.count <= limit else {
            throw HarnessError(.targetFailed, "the answer to \(command) is larger than \(limit) bytes")
        }
    }

    private func wait(for events: CInt) throws(HarnessError) {
        var watched = pollfd(fd: self.socket.descriptor, events: Int16(events), revents: 0)
        while true {
            let count = poll(&watched, 1, Self.timeoutMilliseconds)
            if count > 0 { return }
            if count < 0, errno == EINTR { continue }
            throw HarnessError(.timedOut, "the target did not answer within \(Self.timeoutMilliseconds / 1000) s")
        }
    }
}

/// Reads one answer from the front of a buffer.
struct ReplyParser {
    private let bytes: [UInt8]
    /// Bytes taken by complete answers.
    private(set) var at = 0
    /// Answers nest at most so deep; INFO and CONFIG GET need one level.
    private static let depthLimit = 8

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Nil when more bytes are needed; then `at` means nothing.
    mutating func reply(depth: Int = 0) throws(HarnessError) -> Reply? {
        guard let line = self.line(), let kind = line.first else { return nil }
        let rest = String(line.dropFirst())
        switch kind {
        case "+": return .simple(rest)
        case "-": return .error(rest)
        case ":":
            guard let number = Int64(rest) else { throw Self.malformed(line) }
            return .integer(number)
        case "$":
            guard let size = Int(rest), size < 1 << 30 else { throw Self.malformed(line) }
            guard size >= 0 else { return .bulk(nil) }
            guard self.at + size + 2 <= self.bytes.count else { return nil }
            defer { self.at += size + 2 }
            return .bulk(String(decoding: self.bytes[self.at..<(self.at + size)], as: UTF8.self))
        case "*":
            guard let count = Int(rest), count < 1 << 20, depth < Self.depthLimit else { throw Self.malformed(line) }
            var items: [Reply] = []
            for _ in 0..<max(0, count) {
                guard let item = try self.reply(depth: depth + 1) else { return nil }
                items.append(item)
            }
            return .array(items)
        default: throw Self.malformed(line)
        }
    }

    private mutating func line() -> String? {
        guard let end = self.bytes[self.at...].firstIndex(of: UInt8(ascii: "\n")), end > self.at else { return nil }
        defer { self.at = end + 1 }
        return String(decoding: self.bytes[self.at..<(end - 1)], as: UTF8.self)
    }

    private static func malformed(_ line: String) -> HarnessError {
        HarnessError(.targetFailed, "the target's answer is no RESP: \(line.prefix(64))")
    }
}
