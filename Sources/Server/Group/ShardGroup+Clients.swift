// Which commands a member carries out, and where clients are sent with the others. As in Redis Cluster: a client that is sent away
// with MOVED asks for the new map, and comes back to the right node by itself.

import Channels
import DequeModule
import Engine
import Keyspace
import Primitives
import RESP
import Replication
import Synchronization

extension ShardGroup {
    /// Where clients find the leader; nil while none is known.
    var leaderAddress: String? {
        guard let leader = self.channel.leader, let peer = self.transport.peers[leader],
            let facts = peer.state.withLock({ $0.facts })
        else { return nil }
        return PrimaryAddress(host: peer.member.host, port: facts.clientPort).description
    }

    /// Why a command is not carried out here; nil when it is.
    func refusal(_ spec: CommandSpec, _ command: Command, isReadOnly: Bool) -> String? {
        let isWrite = spec.flags.contains(.write)
        if self.isServing {
            return isWrite && self.isFull ? "TRYAGAIN Too many writes wait for the group's decision" : nil
        }
        let keys = spec.keyIndices(of: command)
        let isDecided = self.shard.engine.tip == self.shard.engine.group?.decided
        guard let first = keys.first(where: { _ in true }) else {
            if isWrite { return Shard.followerRefusal }
            return isDecided ? nil : "CLUSTERDOWN What this member has is not decided yet"
        }
        if !isWrite, isReadOnly, isDecided, self.failure == nil { return nil }
        guard self.channel.role != .leader else {
            return "CLUSTERDOWN The leader of the group waits for a majority of its members"
        }
        guard let address = self.leaderAddress else { return "CLUSTERDOWN The group has no leader at the moment" }
        return "MOVED \(KeySlot.of(command[first])) \(address)"
    }
}

extension ShardGroup {
    /// Why a transaction is not carried out; nil when it is.
    func refusal(_ transaction: Transaction) -> String? {
        guard !self.isServing else { return nil }
        return self.leaderAddress.map { "CLUSTERDOWN Another member leads by now: \($0)" }
            ?? "CLUSTERDOWN The group has no leader at the moment"
    }
}

extension Shard {
    /// Answers everything that waits for a decision with an error instead.
    func refuseHeld(_ message: String) {
        let gates = self.gates
        self.gates.removeAll()
        for gate in gates {
            switch gate.waiter {
            case .client(let connection): connection.refuseHeld(message)
            case .other(let release): release(false)
            }
        }
    }
}

extension ClientConnection {
    /// What was to be told may never come to be.
    func refuseHeld(_ message: String) {
        self.heldReplies.refuseWrites(message)
        self.heldReplies.position = 0
        self.advanceHold()
    }
}
