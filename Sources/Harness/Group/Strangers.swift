// Somebody who is no member and talks all the same: random bytes, cut hellos, hellos without the secret, lengths without an end.

import Channels
import Glibc
import Primitives
import Sockets
import Synchronization

final class Strangers: Sendable {
    private static let patienceSeconds = 1.0
    private static let longest = 100_000

    private let isStopped = Atomic<Bool>(false)
    private let count = Atomic<UInt64>(0)
    private let thread: Mutex<DedicatedThread?> = Mutex(nil)

    init(_ ports: [UInt16], seed: UInt64) throws(HarnessError) {
        do throws(SocketError) {
            let thread = try DedicatedThread(name: "strangers") { [self] in
                var generator = SeededGenerator(seed: seed)
                while !self.isStopped.load(ordering: .relaxed) {
                    for port in ports { Self.bother(port, &generator) }
                    self.count.wrappingAdd(UInt64(ports.count), ordering: .relaxed)
                    Pause.milliseconds(1)
                }
            }
            self.thread.withLock { $0 = thread }
        } catch {
            throw HarnessError(.targetUnavailable, "cannot start a thread: \(error)")
        }
    }

    /// Connections that were made.
    var visits: UInt64 { self.count.load(ordering: .relaxed) }

    func stop() {
        self.isStopped.store(true, ordering: .relaxed)
        self.thread.withLock { $0 }?.join()
    }

    /// One visit; that it may end at any point is the idea.
    private static func bother(_ port: UInt16, _ generator: inout SeededGenerator) {
        guard let endpoint = try? Endpoint(host: TargetLauncher.host, port: port),
            let socket = try? WaitingSocket(endpoint, timeoutSeconds: self.patienceSeconds)
        else { return }
        try? socket.send(self.words(&generator))
        if Bool.random(using: &generator) { return }
        var buffer = [UInt8](repeating: 0, count: 1024)
        _ = try? buffer.withUnsafeMutableBytes { bytes in try socket.read(into: bytes) }
    }

    private static func words(_ generator: inout SeededGenerator) -> [UInt8] {
        let facts = GroupHello.Facts(
            shards: 1,
            clientPort: 1,
            replicationPort: 1,
            heartbeat: 500,
            election: .quorum
        )
        func noise(_ count: Int) -> [UInt8] {
            (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        }
        let hello = GroupHello(
            from: NodeID(UInt16.random(in: 0...4, using: &generator)),
            to: NodeID(UInt16.random(in: 1...5, using: &generator)),
            nonce: noise(MemberSecret.nonceBytes),
            facts: facts
        ).encoded
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: return noise(Int.random(in: 1...Self.longest, using: &generator))
        case 1: return Array(hello.prefix(Int.random(in: 1...hello.count, using: &generator)))
        case 2: return hello + noise(MemberSecret.proofBytes)
        default: return [0xff, 0xff, 0xff, 0xff] + noise(100)
        }
    }
}
