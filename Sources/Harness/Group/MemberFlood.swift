// A member of a group that has nothing to say and never stops: it proves who it is, and then sends heartbeats, far more than any
// member would. It follows nobody and votes for nobody.

import Channels
import Glibc
import Primitives
import Sockets
import Synchronization

final class MemberFlood: Sendable {
    /// What it knows of the group.
    struct Membership: Sendable {
        var node: NodeID
        var secret: [UInt8]
        var facts: GroupHello.Facts
        /// Whom it dials.
        var others: [(node: NodeID, port: UInt16)]
    }

    private struct Counters: ~Copyable {
        let isStopped = Atomic<Bool>(false)
        let sent = Atomic<UInt64>(0)
        let term = Atomic<UInt64>(0)
    }

    /// Between two bursts, in milliseconds.
    private static let burstMilliseconds: CInt = 5
    private static let handshakeSeconds = 10.0

    private let counters = Counters()
    private let threads: Mutex<[DedicatedThread]> = Mutex([])

    /// - Parameter rate: heartbeats per second, to all together.
    init(_ membership: Membership, rate: Int) throws(HarnessError) {
        let perBurst = max(1, rate * Int(Self.burstMilliseconds) / 1000 / membership.others.count)
        for other in membership.others {
            let socket: Socket
            do throws(HarnessError) {
                socket = try Self.introduce(membership, to: other)
            } catch {
                // Those that flood others already would go on without anybody to stop them.
                self.stop()
                throw error
            }
            do throws(SocketError) {
                let thread = try DedicatedThread(name: "flood") { [self] in
                    defer { socket.close() }
                    self.flood(socket, membership.node, perBurst)
                }
                self.threads.withLock { $0.append(thread) }
            } catch {
                socket.close()
                self.stop()
                throw HarnessError(.targetUnavailable, "cannot start a thread: \(error)")
            }
        }
    }

    /// Heartbeats that have been sent.
    var sent: UInt64 { self.counters.sent.load(ordering: .relaxed) }

    /// What its heartbeats say from now on: those of a term that is over are not looked at.
    func setTerm(_ term: UInt64) { self.counters.term.store(term, ordering: .relaxed) }

    func stop() {
        self.counters.isStopped.store(true, ordering: .relaxed)
        for thread in self.threads.withLock({ $0 }) { thread.join() }
    }

    /// Connects and proves that it knows the secret.
    private static func introduce(
        _ membership: Membership,
        to other: (node: NodeID, port: UInt16)
    ) throws(HarnessError) -> Socket {
        let endpoint: Endpoint
        do throws(SocketError) {
            endpoint = try Endpoint(host: TargetLauncher.host, port: other.port)
        } catch {
            throw HarnessError(.targetUnavailable, "\(error)")
        }
        let socket = try WaitingSocket(endpoint, timeoutSeconds: self.handshakeSeconds)
        var generator = SystemRandomNumberGenerator()
        let nonce = MemberSecret.nonce(using: &generator)
        let hello = GroupHello(from: membership.node, to: other.node, nonce: nonce, facts: membership.facts).encoded
        try socket.send(hello)
        var answer: [UInt8] = []
        let expected = GroupHello.bytes + MemberSecret.proofBytes
        while answer.count < expected {
            var piece = [UInt8](repeating: 0, count: expected - answer.count)
            let result = piece.withUnsafeMutableBytes { bytes in
                Result { () throws(HarnessError) in try socket.read(into: bytes) }
            }
            let count = try result.get()
            guard count > 0 else { throw HarnessError(.targetFailed, "a member turned a member away") }
            answer += piece[..<count]
        }
        let acceptor = Array(answer[..<GroupHello.bytes])
        try socket.send(MemberSecret(membership.secret).proof(of: .dialer, dialer: hello, acceptor: acceptor))
        return socket.release()
    }

    // MARK: On a thread of its own

    private func flood(_ socket: Socket, _ node: NodeID, _ perBurst: Int) {
        var pending: ArraySlice<UInt8> = []
        var due = Clocks.monotonicNanoseconds
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 64)
        defer { buffer.deallocate() }
        while !self.counters.isStopped.load(ordering: .relaxed) {
            let now = Clocks.monotonicNanoseconds
            if pending.isEmpty, now >= due {
                pending = self.burst(node, perBurst)[...]
                // A member that reads too slowly is not given more later.
                due = max(due + UInt64(Self.burstMilliseconds) * 1_000_000, now)
            }
            while !pending.isEmpty, case .moved(let count) = pending.withUnsafeBytes({ socket.write($0) }) {
                pending.removeFirst(count)
                if pending.isEmpty { self.counters.sent.wrappingAdd(UInt64(perBurst), ordering: .relaxed) }
            }
            // What the other one says is of no interest, but must be taken.
            reading: while true {
                switch socket.read(into: buffer) {
                case .moved: continue
                case .wouldBlock: break reading
                case .ended, .failed: return
                }
            }
            var watched = pollfd(fd: socket.descriptor, events: Int16(POLLIN), revents: 0)
            if !pending.isEmpty { watched.events |= Int16(POLLOUT) }
            poll(&watched, 1, 1)
        }
    }

    private func burst(_ node: NodeID, _ count: Int) -> [UInt8] {
        let heartbeat = Heartbeat(tail: 0, commit: 0, role: .replica, wallClock: 0)
        let message = ChannelMessage(
            channel: ChannelID(name: "shard/0"),
            term: self.counters.term.load(ordering: .relaxed),
            body: .heartbeat(heartbeat)
        )
        let framed = message.framed
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count * framed.count)
        for _ in 0..<count { bytes += framed }
        return bytes
    }
}
