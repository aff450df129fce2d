// Settings by name: the same names in flags (`--backlog-size`), environment (`SLUICE_BACKLOG_SIZE`) and file
// (`backlog-size 64mb`).

import Channels
import Primitives
import Replication
import ReplicationLog

extension ServerOptions {
    package struct InvalidSetting: Error, CustomStringConvertible {
        package var description: String
    }

    /// Every name that `set` knows.
    package static let names = [
        "bind", "port", "replication-port", "shards", "backlog-size", "chunk-size", "link-output-limit", "fan-out",
        "link-timeout", "maxclients", "metrics-port", "client-query-buffer-limit", "slow-event", "data-dir", "log-sync",
        "log-segment-size", "log-index-interval", "log-repair", "snapshot-log-size", "log-max-size", "log-max-age",
        "load-rdb", "max-slots", "slot-max-retained", "slot-max-lag",
        "slot-idle-timeout", "reconnect-window", "commit", "commit-timeout", "min-replicas-to-write",
        "min-replicas-max-lag", "slowlog-log-slower-than", "slowlog-max-len", "max-snapshots", "snapshot-join-window",
        "snapshot-rate", "snapshot-buffer", "snapshot-chunk-size",
        "replica-of", "replica-of-stream", "replica-id", "region",
        "group", "node-id", "heartbeat", "election", "channel-chunk-size", "channel-budget", "link-speed",
        "background-fraction", "catch-up-class", "on-disk-pressure", "group-secret-file", "group-tls-cert",
        "group-tls-key", "group-tls-ca",
    ]

    /// What `link-timeout` may be: a day is longer than anybody waits for a dead peer.
    static let linkTimeoutSeconds = 1...86_400

    static let slowlogMicroseconds = -1...3_600_000_000
    /// Each takes up to some five KiB.
    static let slowlogLength = 0...1_000_000

    /// Changes one setting.
    /// - Throws: `InvalidSetting` that says what the value must be.
    package mutating func set(_ name: String, to value: String) throws(InvalidSetting) {
        switch name {
        case "bind": self.bind = value
        case "port": self.port = try Self.number(name, value, in: 0...65_535)
        case "replication-port": self.replicationPort = try Self.number(name, value, in: 0...65_535)
        case "shards": self.shards = try Self.number(name, value, in: 1...1024)
        case "backlog-size": self.stream.backlogBytes = try Self.size(name, value, in: 1...(1 << 46))
        // Marks inside a chunk are 32 bits wide.
        case "chunk-size": self.chunkBytes = try Self.size(name, value, in: 1024...(1 << 30))
        case "link-output-limit": self.linkOutputLimit = try Self.size(name, value, in: 4096...(1 << 30))
        case "fan-out":
            self.stream.fanOut = try Self.choice(name, value)
        case "link-timeout":
            self.stream.linkTimeout = Int64(try Self.number(name, value, in: Self.linkTimeoutSeconds) as Int) * 1000
        case "maxclients": self.maxClients = try Self.number(name, value, in: 1...1_000_000)
        case "metrics-port": self.metricsPort = try Self.number(name, value, in: 0...65_535) as UInt16
        case "client-query-buffer-limit":
            self.queryBufferLimit = try Self.size(name, value, in: (1 << 20)...(1 << 32 - 1))
        case "slow-event": self.slowEventMicroseconds = try Self.number(name, value, in: 1...60_000_000)
        case "data-dir": self.dataDirectory = value.isEmpty ? nil : value
        case "log-sync": self.logSync = try Self.choice(name, value)
        case "log-segment-size": self.log.segmentBytes = try Self.size(name, value, in: 4096...(1 << 36))
        case "log-index-interval": self.log.indexInterval = try Self.number(name, value, in: 1...1_000_000)
        case "log-repair":
            guard ["no", "truncate"].contains(value.lowercased()) else {
                throw InvalidSetting(description: "\(name) must be no or truncate, not '\(value)'")
            }
            self.repairsLog = value.lowercased() == "truncate"
        default: try self.setForDumps(name, to: value)
        }
    }

    private mutating func setForDumps(_ name: String, to value: String) throws(InvalidSetting) {
        switch name {
        case "snapshot-log-size": self.snapshotLogBytes = try Self.size(name, value, in: 0...(1 << 60))
        case "log-max-size":
            let bytes = try Self.size(name, value, in: 0...(1 << 60))
            self.logMaxBytes = bytes == 0 ? nil : bytes
        case "log-max-age":
            let age = try Self.seconds(name, value, in: 0...315_360_000)
            self.logMaxAge = age == 0 ? nil : age
        case "load-rdb": self.loadRDB = value.isEmpty ? nil : value
        default: try self.setForReplicas(name, to: value)
        }
    }

    private mutating func setForReplicas(_ name: String, to value: String) throws(InvalidSetting) {
        switch name {
        case "max-slots": self.slotLimits.maxSlots = try Self.number(name, value, in: 1...1_000_000)
        case "slot-max-retained": self.slotLimits.maxRetainedBytes = try Self.size(name, value, in: 0...(1 << 60))
        case "slot-max-lag": self.slotLimits.maxLag = try Self.number(name, value, in: 0...Int.max)
        case "slot-idle-timeout": self.slotLimits.idleTimeout = try Self.seconds(name, value, in: 0...315_360_000)
        case "reconnect-window": self.slotLimits.reconnectWindow = try Self.seconds(name, value, in: 0...315_360_000)
        case "commit": self.commitRule = try Self.commitRule(value)
        case "commit-timeout": self.commitTimeout = try Self.number(name, value, in: 0...86_400_000)
        case "min-replicas-to-write": self.minReplicasToWrite = try Self.number(name, value, in: 0...1_000_000)
        case "slowlog-log-slower-than":
            self.slowlogMicroseconds = try Self.number(name, value, in: Self.slowlogMicroseconds)
        case "slowlog-max-len": self.slowlogLength = try Self.number(name, value, in: Self.slowlogLength)
        case "max-snapshots":
            self.stream.snapshots.mostPasses = try Self.number(name, value, in: SnapshotOptions.passes)
        case "snapshot-join-window": self.stream.snapshots.joinWindow = try Self.number(name, value, in: 0...60_000)
        case "snapshot-rate": self.stream.snapshots.bytesPerSecond = try Self.size(name, value, in: 0...(1 << 40))
        case "snapshot-buffer":
            self.stream.snapshots.bufferBytes = try Self.size(name, value, in: (1 << 16)...(1 << 40))
        case "snapshot-chunk-size":
            self.stream.snapshots.chunkBytes = try Self.size(name, value, in: SnapshotOptions.chunks)
        case "min-replicas-max-lag": self.minReplicasMaxLagSeconds = try Self.number(name, value, in: 0...86_400)
        case "replica-of": self.replicaOf = try Self.address(name, value, .node)
        case "replica-of-stream": self.replicaOf = try Self.address(name, value, .stream)
        case "replica-id": self.replicaID = try Self.name(name, value)
        case "region": self.region = try Self.name(name, value)
        default: try self.setForGroup(name, to: value)
        }
    }

    private mutating func setForGroup(_ name: String, to value: String) throws(InvalidSetting) {
        switch name {
        case "group":
            guard let members = GroupOptions.members(value) else {
                throw InvalidSetting(
                    description: "group must be id@host:port,… with a different id (0 to 65535) each, not '\(value)'"
                )
            }
            self.group.members = members
        case "node-id": self.group.node = NodeID(try Self.number(name, value, in: 0...65_535))
        case "heartbeat":
            self.group.heartbeat = Milliseconds(try Self.number(name, value, in: GroupOptions.heartbeats) as Int)
        case "election": self.group.election = try Self.choice(name, value)
        case "channel-chunk-size": self.group.chunkBytes = try Self.size(name, value, in: GroupOptions.chunks)
        case "channel-budget": self.group.budget.share = try Self.fraction(name, value)
        case "link-speed": self.group.budget.linkSpeed = Int64(try Self.size(name, value, in: 1...(1 << 40)))
        case "background-fraction": self.group.budget.backgroundFraction = try Self.fraction(name, value)
        case "catch-up-class":
            guard let traffic = TrafficClass(name: value.lowercased()) else {
                throw InvalidSetting(
                    description: "catch-up-class must be one of foreground, background, realtime, not '\(value)'"
                )
            }
            self.group.traffic = traffic
        case "on-disk-pressure": self.group.diskPressure = try Self.choice(name, value)
        case "group-secret-file": self.group.secretFile = value.isEmpty ? nil : value
        case "group-tls-cert": self.group.certificateFile = value.isEmpty ? nil : value
        case "group-tls-key": self.group.keyFile = value.isEmpty ? nil : value
        case "group-tls-ca": self.group.authorityFile = value.isEmpty ? nil : value
        default:
            throw InvalidSetting(
                description: "unknown setting '\(name)'; known are \(Self.names.joined(separator: ", "))"
            )
        }
    }

    private static func fraction(_ name: String, _ value: String) throws(InvalidSetting) -> Double {
        guard let fraction = Double(value), fraction > 0, fraction <= 1 else {
            throw InvalidSetting(description: "\(name) must be a share above 0 and up to 1, not '\(value)'")
        }
        return fraction
    }

    private static func seconds(
        _ name: String,
        _ value: String,
        in range: ClosedRange<Int>
    ) throws(InvalidSetting) -> Milliseconds {
        Milliseconds(try Self.number(name, value, in: range) as Int) * 1000
    }

    private static func address(
        _ name: String,
        _ value: String,
        _ kind: PrimaryAddress.Kind
    ) throws(InvalidSetting) -> PrimaryAddress {
        guard let address = PrimaryAddress(value, kind: kind) else {
            throw InvalidSetting(description: "\(name) must be host:port, not '\(value)'")
        }
        return address
    }

    /// What a handshake carries.
    private static func name(_ name: String, _ value: String) throws(InvalidSetting) -> String {
        guard (1...HandshakeRequest.longestID).contains(value.utf8.count) else {
            throw InvalidSetting(description: "\(name) must be 1 to \(HandshakeRequest.longestID) bytes")
        }
        return value
    }

    private static func commitRule(_ value: String) throws(InvalidSetting) -> CommitRule? {
        let parts = value.lowercased().split(separator: ":", omittingEmptySubsequences: false)
        let count = parts.count == 2 ? Int(parts[1]) : nil
        switch (parts.first, count) {
        case ("local", nil) where parts.count == 1: return nil
        case ("quorum", nil) where parts.count == 1: return .quorum
        case ("ack", let count?) where (1...1024).contains(count): return .acknowledged(count)
        case ("regions", let count?) where (1...1024).contains(count): return .regions(count)
        default:
            throw InvalidSetting(
                description:
                    "commit must be local, ack:<n>, quorum or regions:<n> with n from 1 to 1024, not '\(value)'"
            )
        }
    }

    private static func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ name: String,
        _ value: String
    ) throws(InvalidSetting) -> Choice {
        guard let choice = Choice(rawValue: value.lowercased()) else {
            let all = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw InvalidSetting(description: "\(name) must be one of \(all), not '\(value)'")
        }
        return choice
    }

    private static func number<Number: FixedWidthInteger>(
        _ name: String,
        _ value: String,
        in range: ClosedRange<Int>
    ) throws(InvalidSetting) -> Number {
        guard let number = Int(value), range.contains(number), let result = Number(exactly: number) else {
            throw InvalidSetting(
                description:
                    "\(name) must be a whole number from \(range.lowerBound) to \(range.upperBound), not '\(value)'"
            )
        }
        return result
    }

    private static func size(
        _ name: String,
        _ value: String,
        in range: ClosedRange<Int>
    ) throws(InvalidSetting) -> Int {
        guard let bytes = ByteSize.parse(value), range.contains(bytes) else {
            throw InvalidSetting(
                description: "\(name) must be a size from \(range.lowerBound) to \(range.upperBound) bytes"
                    + " (suffixes kb mb gb), not '\(value)'"
            )
        }
        return bytes
    }

    /// Reads a file in the form of redis.conf: a name, blanks and a value a line; `#` begins a comment.
    /// - Throws: `InvalidSetting` with the line's number.
    package mutating func read(file text: String) throws(InvalidSetting) {
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == "\r" })
            guard let name = words.first, !name.hasPrefix("#") else { continue }
            guard words.count == 2 else {
                throw InvalidSetting(description: "line \(index + 1): expected a name and one value")
            }
            do throws(InvalidSetting) {
                try self.set(name.lowercased(), to: String(words[1]))
            } catch {
                throw InvalidSetting(description: "line \(index + 1): \(error.description)")
            }
        }
    }
}
