// A client of a replicated group that finds the leader as any client of Redis Cluster does: by what it is told; and of a primary
// with replicas, of which it asks one after the other. One command at a time, each with a short time to be answered.

import RESP
import Sockets

final class GroupClient {
    enum Answer: Equatable {
        case reply(Reply)
        /// Another member leads; nobody has carried the command out.
        case moved
        /// No connection came about, so that nothing was sent.
        case unreachable
        /// Nobody can say whether it was carried out.
        case unknown
    }

    private let ports: [UInt16]
    private let seconds: Double
    /// The member that it talks to.
    private(set) var member: Int
    /// It stays with its member, whatever that says.
    private let isFaithful: Bool
    /// What every connection begins with; anything but OK ends it.
    private let greeting: [String]
    private var socket: WaitingSocket?
    private var input: [UInt8] = []

    private static let readBytes = 64 << 10

    /// - Parameter seconds: for an answer.
    init(
        ports: [UInt16],
        member: Int,
        isFaithful: Bool = false,
        seconds: Double = 2,
        greeting: [String] = []
    ) {
        self.ports = ports
        self.member = member
        self.isFaithful = isFaithful
        self.seconds = seconds
        self.greeting = greeting
    }

    func ask(_ words: [String]) -> Answer {
        let socket: WaitingSocket
        do throws(HarnessError) {
            socket = try self.connected()
        } catch {
            _ = self.lost()
            return .unreachable
        }
        do throws(HarnessError) {
            let reply = try self.exchange(words, on: socket)
            guard case .error(let message) = reply else { return .reply(reply) }
            if message.hasPrefix("MOVED") {
                self.follow(message)
                return .moved
            }
            // A replica of a primary knows no better than that it is none: the next one may be.
            if message.hasPrefix("READONLY") {
                _ = self.lost()
                return .moved
            }
            guard message.hasPrefix("CLUSTERDOWN") else { return .reply(reply) }
            _ = self.lost()
            // A leader that is none any more says so of what it had begun; everybody else has done nothing.
            return message.contains("it may") ? .unknown : .moved
        } catch {
            return self.lost()
        }
    }

    /// The next member may know more.
    private func lost() -> Answer {
        self.socket = nil
        self.input = []
        if !self.isFaithful { self.member = (self.member + 1) % self.ports.count }
        return .unknown
    }

    private func follow(_ message: String) {
        guard !self.isFaithful, let port = message.split(separator: ":").last.flatMap({ UInt16($0) }),
            let member = self.ports.firstIndex(of: port), member != self.member
        else { return }
        self.socket = nil
        self.input = []
        self.member = member
    }

    private func exchange(_ words: [String], on socket: WaitingSocket) throws(HarnessError) -> Reply {
        try socket.send(CommandEncoder.bytes(words))
        var buffer = [UInt8](repeating: 0, count: Self.readBytes)
        while true {
            var parser = ReplyParser(self.input)
            if let reply = try parser.reply() {
                self.input.removeFirst(parser.at)
                return reply
            }
            let count = try Self.read(socket, &buffer)
            guard count > 0 else { throw HarnessError(.targetFailed, "the member closed the connection") }
            self.input += buffer[..<count]
        }
    }

    private static func read(_ socket: WaitingSocket, _ buffer: inout [UInt8]) throws(HarnessError) -> Int {
        let result = buffer.withUnsafeMutableBytes { bytes in
            Result { () throws(HarnessError) in try socket.read(into: bytes) }
        }
        return try result.get()
    }

    private func connected() throws(HarnessError) -> WaitingSocket {
        if let socket = self.socket { return socket }
        let endpoint: Endpoint
        do throws(SocketError) {
            endpoint = try Endpoint(host: TargetLauncher.host, port: self.ports[self.member])
        } catch {
            throw HarnessError(.targetUnavailable, "\(error)")
        }
        let socket = try WaitingSocket(endpoint, timeoutSeconds: self.seconds)
        if !self.greeting.isEmpty {
            let reply = try self.exchange(self.greeting, on: socket)
            guard reply == .simple("OK") else {
                throw HarnessError(.targetFailed, "a member answers \(self.greeting) with \(reply)")
            }
        }
        self.socket = socket
        return socket
    }
}
