import Glibc
import Sockets
import Synchronization
import Testing

/// How a primary may wrong those who trust it.
enum Lie: Hashable, Sendable {
    case none
    /// Closes the connection of a replica that did nothing wrong, after so many writes.
    case losesReplica
    /// The same to a client.
    case losesClient
    /// Leaves one write out of the stream.
    case losesWrite
    /// Sends one write down the stream twice.
    case doublesWrite
    /// Sends two writes down the stream in the wrong order.
    case reordersWrites
    /// Sends another value than the client wrote.
    case altersWrite
    /// Answers every returning replica with a full copy.
    case copiesWithoutNeed
    /// Does not tell what its allocator holds.
    case hidesMemory
    /// Answers writes with an error.
    case refusesWrites
}

/// A server that speaks as much of Redis as the harness asks for, on one loopback port for clients and replicas, and lies in
/// one way.
final class LyingPrimary: Sendable {
    let port: UInt16
    private let thread: DedicatedThread
    private let isOver: Flag

    init(_ lie: Lie) throws {
        let listener = try Socket.listen(host: "127.0.0.1", port: 0)
        self.port = try #require(listener.localPort)
        let isOver = Flag()
        self.isOver = isOver
        self.thread = try DedicatedThread(name: "liar") {
            let body = LyingBody(lie, listener)
            while !isOver.isRaised { body.turn() }
            body.close()
        }
    }

    func stop() {
        self.isOver.raise()
        self.thread.join()
    }
}

private final class Flag: Sendable {
    private let value = Atomic(false)

    var isRaised: Bool { self.value.load(ordering: .relaxed) }
    func raise() { self.value.store(true, ordering: .relaxed) }
}

/// Touched by the liar's thread alone.
private final class LyingBody {
    private final class Peer {
        let socket: Socket
        var input: [UInt8] = []
        var output: [UInt8] = []
        var isReplica = false
        var isGone = false

        init(_ socket: Socket) { self.socket = socket }
    }

    /// The write at which the lie is told, counted while replicas listen.
    private static let turningPoint = 100
    private static let history = String(repeating: "d", count: 40)

    private let lie: Lie
    private let listener: Socket
    private var peers: [Peer] = []
    private var offset = 0
    private var writes = 0
    /// A write that is held back, to be sent after the next one.
    private var held: ArraySlice<UInt8>?

    init(_ lie: Lie, _ listener: Socket) {
        self.lie = lie
        self.listener = listener
    }

    func close() {
        for peer in self.peers { peer.socket.close() }
        self.listener.close()
    }

    /// Waits for a moment and serves whoever has something.
    func turn() {
        var watched = [pollfd(fd: self.listener.descriptor, events: Int16(POLLIN), revents: 0)]
        for peer in self.peers {
            let events = peer.output.isEmpty ? POLLIN : POLLIN | POLLOUT
            watched.append(pollfd(fd: peer.socket.descriptor, events: Int16(events), revents: 0))
        }
        guard poll(&watched, nfds_t(watched.count), 20) > 0 else { return }
        while let socket = self.listener.accept() { self.peers.append(Peer(socket)) }
        for peer in self.peers { self.serve(peer) }
        for peer in self.peers where !peer.isGone { self.flush(peer) }
        for peer in self.peers where peer.isGone { peer.socket.close() }
        self.peers.removeAll(where: \.isGone)
    }

    private func serve(_ peer: Peer) {
        withUnsafeTemporaryAllocation(byteCount: 64 * 1024, alignment: 1) { buffer in
            switch peer.socket.read(into: buffer) {
            case .moved(let count): peer.input += buffer[..<count]
            case .wouldBlock: break
            case .ended, .failed: peer.isGone = true
            }
        }
        var start = 0
        while !peer.isGone, let (words, end) = Self.command(peer.input[start...]) {
            self.answer(words, peer.input[start..<end], peer)
            start = end
        }
        peer.input.removeFirst(start)
    }

    private func flush(_ peer: Peer) {
        guard !peer.output.isEmpty else { return }
        switch peer.output.withUnsafeBytes({ peer.socket.write($0) }) {
        case .moved(let count): peer.output.removeFirst(count)
        case .wouldBlock: break
        case .ended, .failed: peer.isGone = true
        }
    }

    // MARK: - Commands

    /// One whole command at the front of the bytes, and where it ends.
    private static func command(_ bytes: ArraySlice<UInt8>) -> (words: [String], end: Int)? {
        var at = bytes.startIndex
        func line() -> Int? {
            guard let end = bytes[at...].firstIndex(of: 10), end > at else { return nil }
            defer { at = end + 1 }
            return Int(String(decoding: bytes[(at + 1)..<(end - 1)], as: UTF8.self))
        }
        guard let count = line() else { return nil }
        var words: [String] = []
        for _ in 0..<count {
            guard let size = line(), at + size + 2 <= bytes.endIndex else { return nil }
            words.append(String(decoding: bytes[at..<(at + size)], as: UTF8.self))
            at += size + 2
        }
        return (words, at)
    }

    private func answer(_ words: [String], _ bytes: ArraySlice<UInt8>, _ peer: Peer) {
        switch words.first?.uppercased() {
        case "PING": self.say("+PONG\r\n", peer)
        case "INFO": self.bulk(self.info(words.count > 1 ? words[1] : ""), peer)
        case "CONFIG", "COMMAND": self.say("*0\r\n", peer)
        case "REPLCONF" where words.count > 1 && words[1].uppercased() == "ACK": break
        case "REPLCONF", "CLIENT", "HELLO", "SELECT": self.say("+OK\r\n", peer)
        case "PSYNC": self.welcome(words, peer)
        case "SET": self.write(bytes, peer)
        default: self.say("-ERR unknown command\r\n", peer)
        }
    }

    private func welcome(_ words: [String], _ peer: Peer) {
        let isReturning = words.count > 1 && words[1] == Self.history
        if isReturning, self.lie != .copiesWithoutNeed {
            self.say("+CONTINUE\r\n", peer)
        } else {
            // What an RDB file needs least: magic, version, end, and a checksum of zero, which means none.
            let mark = String(repeating: "e", count: 40)
            self.say("+FULLRESYNC \(Self.history) \(self.offset)\r\n$EOF:\(mark)\r\nREDIS0010", peer)
            peer.output += [0xff] + [UInt8](repeating: 0, count: 8) + Array(mark.utf8)
        }
        peer.isReplica = true
    }

    private func write(_ bytes: ArraySlice<UInt8>, _ peer: Peer) {
        if self.peers.count(where: \.isReplica) > 1 { self.writes += 1 }
        let isTime = self.writes == Self.turningPoint
        var stream = [bytes]
        switch self.lie {
        case .none, .copiesWithoutNeed, .hidesMemory: break
        case .refusesWrites: return self.say("-READONLY not today\r\n", peer)
        case .losesReplica: if isTime { self.peers.first(where: \.isReplica)?.isGone = true }
        case .losesClient:
            if isTime {
                peer.isGone = true
                return
            }
        case .losesWrite: if isTime { stream = [] }
        case .doublesWrite: if isTime { stream = [bytes, bytes] }
        case .reordersWrites:
            if isTime {
                self.held = ArraySlice(Array(bytes))
                stream = []
            } else if let held {
                stream = [bytes, held]
                self.held = nil
            }
        case .altersWrite:
            if isTime {
                var other = bytes
                other[other.endIndex - 3] ^= 1
                stream = [other]
            }
        }
        for part in stream {
            self.offset += part.count
            for replica in self.peers where replica.isReplica { replica.output += part }
        }
        self.say("+OK\r\n", peer)
    }

    private func info(_ section: String) -> String {
        switch section.lowercased() {
        case "server": "# Server\r\nredis_version:7.0.0\r\n"
        case "memory" where self.lie == .hidesMemory: "# Memory\r\nused_memory:1\r\n"
        case "memory":
            "# Memory\r\nallocator_allocated:1000\r\nallocator_active:2000\r\nallocator_resident:3000\r\n"
                + "mem_total_replication_buffers:500\r\nmem_allocator:jemalloc-5.3.0\r\n"
        case "replication":
            "# Replication\r\nrole:master\r\nconnected_slaves:\(self.peers.count(where: \.isReplica))\r\n"
                + "master_replid:\(Self.history)\r\nmaster_repl_offset:\(self.offset)\r\n"
        default: "# Nothing\r\n"
        }
    }

    private func say(_ text: String, _ peer: Peer) { peer.output += Array(text.utf8) }
    private func bulk(_ text: String, _ peer: Peer) { self.say("$\(text.utf8.count)\r\n\(text)\r\n", peer) }
}
