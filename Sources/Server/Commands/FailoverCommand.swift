// FAILOVER TO <host> <port> [TIMEOUT <ms>] | ABORT. Source: https://redis.io/docs/latest/commands/failover/; like there the
// answer comes when the handover has begun, and INFO tells how it goes. The target must be named: a replica's link does not
// tell where its clients connect.

import Engine
import Keyspace
import NIOCore
import Primitives
import RESP
import Replication
import Synchronization

extension ClientConnection {
    func failover(_ command: Command, _ writer: Writer) {
        guard !self.isInGroup else { return self.refuse(Self.memberRefusal, writer) }
        let node = self.shard.node
        if command.count == 2, command[1].equalsIgnoringCase("ABORT") {
            switch node.abortFailover() {
            case .aborted:
                return self.askAllShards {
                    $0.endPause(for: .failover)
                } answer: { _, writer in
                    node.failover.withLock { $0.isEnding = false }
                    writer.ok()
                }
            case .noneUnderWay: return self.refuse("ERR No failover in progress.", writer)
            case .tooLate:
                return self.refuse("ERR The target has been told to take over: wait for its answer", writer)
            }
        }
        guard let wish = FailoverWish(command) else {
            return self.refuse(
                "ERR syntax error. Try FAILOVER TO <host> <port> [TIMEOUT <ms>], or FAILOVER ABORT.",
                writer
            )
        }
        guard !node.isReplica else {
            return self.refuse("ERR FAILOVER is not valid when server is a replica.", writer)
        }
        self.askAllShards {
            $0.admitParkedLinks()
            return !$0.engine.stream.links.isEmpty
        } answer: { haveReplicas, writer in
            guard haveReplicas.allSatisfy({ $0 }) else {
                return self.refuse("ERR FAILOVER requires connected replicas.", writer)
            }
            guard let number = node.beginFailover() else {
                return self.refuse("ERR FAILOVER already in progress.", writer)
            }
            writer.ok()
            let loop = self.shard.loop
            Failover(node, to: wish.target, number: number, timeout: wish.timeout, on: loop).start()
        }
    }
}

private struct FailoverWish {
    var target: PrimaryAddress
    var timeout: Milliseconds?

    init?(_ command: Command) {
        var index = 1
        var target: PrimaryAddress?
        while index < command.count {
            if command[index].equalsIgnoringCase("TO"), index + 2 < command.count, target == nil {
                guard let number = Decimal.read(command[index + 2]), let port = UInt16(exactly: number), port > 0,
                    (1...PrimaryAddress.longestHost).contains(command[index + 1].count)
                else { return nil }
                target = PrimaryAddress(host: command[index + 1].text, port: port)
                index += 3
            } else if command[index].equalsIgnoringCase("TIMEOUT"), index + 1 < command.count, self.timeout == nil {
                guard let timeout = Decimal.read(command[index + 1]), (1...Self.longestTimeout).contains(timeout) else {
                    return nil
                }
                self.timeout = timeout
                index += 2
            } else {
                return nil
            }
        }
        guard let target else { return nil }
        self.target = target
    }

    /// Milliseconds; a day.
    private static let longestTimeout: Int64 = 86_400_000
}
