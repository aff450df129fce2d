// Members of a group of servers prove to each other that they know the group's secret, before anything else is said. Who dials speaks first:
//
//     hello      →     who I am, whom I want and what for, 32 random bytes, and what the other one should know of me
//                ←     hello of the other side, and its proof
//     proof      →
//
// A proof (`MemberSecret`) is over both hellos as they were sent. Each part has its fixed length.

package import Primitives

/// What a member tells of itself at the beginning of a connection.
package struct GroupHello: Equatable, Sendable {
    /// Where clients and replicas find a member.
    package struct Facts: Equatable, Sendable {
        package var shards: UInt16
        package var clientPort: UInt16
        /// Of the first shard.
        package var replicationPort: UInt16
        /// Milliseconds.
        package var heartbeat: UInt32
        package var election: ElectionPolicy

        package init(
            shards: UInt16,
            clientPort: UInt16,
            replicationPort: UInt16,
            heartbeat: UInt32,
            election: ElectionPolicy
        ) {
            self.shards = shards
            self.clientPort = clientPort
            self.replicationPort = replicationPort
            self.heartbeat = heartbeat
            self.election = election
        }
    }

    /// What a connection is for.
    package enum Purpose: Equatable, Sendable {
        /// Messages between channels, both ways.
        case messages
        /// Who dials copies the data of a shard: after the handshake it talks to what replicas of that shard talk to.
        case copy(shard: UInt16)
    }

    private static let magic: UInt64 = 0x3152_4745_4355_4c53
    package static let bytes = 8 + 2 + 2 + MemberSecret.nonceBytes + 2 + 2 + 2 + 4 + 1 + 2

    package var from: NodeID
    package var to: NodeID
    package var nonce: [UInt8]
    package var facts: Facts
    package var purpose: Purpose

    package var encoded: [UInt8] {
        var bytes: [UInt8] = []
        Self.write(Self.magic, to: &bytes)
        Self.write(self.from.number, to: &bytes)
        Self.write(self.to.number, to: &bytes)
        bytes += self.nonce
        Self.write(self.facts.shards, to: &bytes)
        Self.write(self.facts.clientPort, to: &bytes)
        Self.write(self.facts.replicationPort, to: &bytes)
        Self.write(self.facts.heartbeat, to: &bytes)
        bytes.append(self.facts.election == .quorum ? 0 : 1)
        switch self.purpose {
        case .messages: Self.write(UInt16(0), to: &bytes)
        case .copy(let shard): Self.write(shard + 1, to: &bytes)
        }
        return bytes
    }

    package init(from: NodeID, to: NodeID, nonce: [UInt8], facts: Facts, purpose: Purpose = .messages) {
        precondition(nonce.count == MemberSecret.nonceBytes, "a nonce has \(MemberSecret.nonceBytes) bytes")
        self.from = from
        self.to = to
        self.nonce = nonce
        self.facts = facts
        self.purpose = purpose
    }

    /// nil for bytes that are none.
    package init?(_ bytes: Bytes) {
        guard bytes.count == Self.bytes, Self.read(UInt64.self, bytes, 0) == Self.magic else { return nil }
        self.from = NodeID(Self.read(UInt16.self, bytes, 8))
        self.to = NodeID(Self.read(UInt16.self, bytes, 10))
        self.nonce = Array(bytes[12..<(12 + MemberSecret.nonceBytes)])
        let rest = 12 + MemberSecret.nonceBytes
        guard let election: ElectionPolicy = [0: .quorum, 1: .nearest][bytes[rest + 10]] else { return nil }
        self.facts = Facts(
            shards: Self.read(UInt16.self, bytes, rest),
            clientPort: Self.read(UInt16.self, bytes, rest + 2),
            replicationPort: Self.read(UInt16.self, bytes, rest + 4),
            heartbeat: Self.read(UInt32.self, bytes, rest + 6),
            election: election
        )
        let number = Self.read(UInt16.self, bytes, rest + 11)
        self.purpose = number == 0 ? .messages : .copy(shard: number - 1)
    }

    private static func write(_ value: some FixedWidthInteger, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: value.littleEndian) { bytes += $0 }
    }

    private static func read<Value: FixedWidthInteger>(_ type: Value.Type, _ bytes: Bytes, _ offset: Int) -> Value {
        Value(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: type))
    }
}
