// CONFIG GET, SET and RESETSTAT. Source: https://redis.io/docs/latest/commands/config-get/. Parameters carry Redis's names
// where it has them, and ours otherwise; some of Redis's that have one fixed value here are answered because tools ask.

import Engine
import Keyspace
import Primitives
import RESP
import Replication
import ReplicationLog
import Synchronization

extension ClientConnection {
    func config(_ command: Command, _ writer: Writer) {
        let word = command[1]
        if word.equalsIgnoringCase("GET"), command.count >= 3 {
            self.configGet(command, writer)
        } else if word.equalsIgnoringCase("SET"), command.count >= 4, command.count % 2 == 0 {
            self.configSet(command, writer)
        } else if word.equalsIgnoringCase("RESETSTAT"), command.count == 2 {
            self.shard.node.resetStatistics()
            self.askAllShards {
                $0.resetStatistics()
            } answer: { _, writer in
                writer.ok()
            }
        } else if word.equalsIgnoringCase("HELP"), command.count == 2 {
            let lines: [StaticString] = [
                "CONFIG <subcommand> [<arg> ...]. Subcommands are:",
                "GET <pattern> [...] -- Parameters whose names match.",
                "SET <directive> <value> [...] -- Changes parameters.",
                "RESETSTAT -- Sets the counters of INFO to zero.",
            ]
            writer.array(lines.count)
            for line in lines { writer.simple(line) }
        } else {
            self.refuse(
                "ERR unknown subcommand or wrong number of arguments for '\(word.text)'. Try CONFIG HELP.",
                writer
            )
        }
    }

    private func configGet(_ command: Command, _ writer: Writer) {
        let patterns = (2..<command.count).map { Array(command[$0].text.lowercased().utf8) }
        let found = self.shard.node.configuration.filter { parameter in
            patterns.contains { pattern in
                Array(parameter.name.utf8).withUnsafeBytes { name in
                    pattern.withUnsafeBytes { Glob($0).matches(name) }
                }
            }
        }
        writer.map(found.count)
        for parameter in found {
            writer.bulk(parameter.name)
            writer.bulk(parameter.value)
        }
    }

    private func configSet(_ command: Command, _ writer: Writer) {
        var changed = self.shard.node.settings.withLock { $0 }
        for index in stride(from: 2, to: command.count, by: 2) {
            let name = command[index].text.lowercased()
            if let mistake = changed.set(name, to: command[index + 1].text) {
                return self.refuse("ERR \(mistake)", writer)
            }
        }
        let settings = changed
        self.shard.node.settings.withLock { $0 = settings }
        self.askAllShards {
            $0.apply(settings)
        } answer: { _, writer in
            writer.ok()
        }
    }
}

extension Settings {
    /// Changes one parameter. Returns what was wrong, worded as in Redis, or nil.
    mutating func set(_ name: String, to value: String) -> String? {
        func failed(_ reason: String) -> String {
            "CONFIG SET failed (possibly related to argument '\(name)') - \(reason)"
        }
        switch name {
        case "maxclients":
            guard let number = Int(value), number > 0 else { return failed("argument must be a positive number") }
            self.maxClients = number
        case "repl-backlog-size", "backlog-size":
            guard let bytes = ByteSize.parse(value), bytes > 0 else { return failed("argument must be a memory value") }
            self.backlogBytes = bytes
        case "client-query-buffer-limit":
            guard let bytes = ByteSize.parse(value), bytes >= 1 << 20, bytes < 1 << 32 else {
                return failed("argument must be a memory value between 1mb and 4gb")
            }
            self.queryBufferLimit = bytes
        case "repl-timeout", "link-timeout":
            guard let seconds = Int(value), ServerOptions.linkTimeoutSeconds.contains(seconds) else {
                return failed("argument must be between 1 and \(ServerOptions.linkTimeoutSeconds.upperBound) seconds")
            }
            self.linkTimeoutSeconds = seconds
        case "min-replicas-to-write", "min-slaves-to-write":
            guard let number = Int(value), number >= 0 else { return failed("argument must be a number of replicas") }
            self.minReplicasToWrite = number
        case "min-replicas-max-lag", "min-slaves-max-lag":
            guard let seconds = Int(value), seconds >= 0 else { return failed("argument must be seconds") }
            self.minReplicasMaxLagSeconds = seconds
        case "slowlog-log-slower-than":
            guard let number = Int(value), ServerOptions.slowlogMicroseconds.contains(number) else {
                return failed("argument must be microseconds, or -1")
            }
            self.slowlogMicroseconds = number
        case "slowlog-max-len":
            guard let number = Int(value), ServerOptions.slowlogLength.contains(number) else {
                return failed("argument must be between 0 and \(ServerOptions.slowlogLength.upperBound)")
            }
            self.slowlogLength = number
        case "save" where value.isEmpty, "appendonly" where value.lowercased() == "no": break
        case "save", "appendonly": return failed("start with --data-dir instead")
        default:
            return "Unknown option or number of arguments for CONFIG SET - '\(name)'"
        }
        return nil
    }
}

extension Node {
    /// Every parameter with its value in force.
    var configuration: [(name: String, value: String)] {
        let settings = self.settings.withLock { $0 }
        return [
            ("bind", self.options.bind), ("port", "\(self.options.port)"),
            ("replication-port", self.options.firstReplicationPort.map { "\($0)" } ?? ""),
            ("shards", "\(self.options.shards)"), ("maxclients", "\(settings.maxClients)"),
            ("backlog-size", "\(settings.backlogBytes)"), ("repl-backlog-size", "\(settings.backlogBytes)"),
            ("chunk-size", "\(self.options.resolvedStream.chunkBytes)"),
            ("link-output-limit", "\(self.options.linkOutputLimit)"), ("fan-out", self.options.stream.fanOut.rawValue),
            ("link-timeout", "\(settings.linkTimeoutSeconds)"), ("repl-timeout", "\(settings.linkTimeoutSeconds)"),
            ("slow-event", "\(self.options.slowEventMicroseconds)"),
            ("client-query-buffer-limit", "\(settings.queryBufferLimit)"),
            ("proto-max-bulk-len", "\(Limits.bulkLength)"), ("databases", "1"), ("save", ""),
            ("appendonly", self.options.dataDirectory == nil ? "no" : "yes"),
            ("appendfsync", self.options.logSync.rawValue), ("log-sync", self.options.logSync.rawValue),
            ("data-dir", self.options.dataDirectory ?? ""), ("log-segment-size", "\(self.options.log.segmentBytes)"),
            ("min-replicas-to-write", "\(settings.minReplicasToWrite)"),
            ("min-replicas-max-lag", "\(settings.minReplicasMaxLagSeconds)"),
            ("slowlog-log-slower-than", "\(settings.slowlogMicroseconds)"),
            ("slowlog-max-len", "\(settings.slowlogLength)"),
            ("max-snapshots", "\(self.options.stream.snapshots.mostPasses)"),
            ("snapshot-join-window", "\(self.options.stream.snapshots.joinWindow)"),
            ("snapshot-rate", "\(self.options.stream.snapshots.bytesPerSecond)"),
            ("snapshot-buffer", "\(self.options.stream.snapshots.bufferBytes)"),
            ("snapshot-chunk-size", "\(self.options.stream.snapshots.chunkBytes)"),
            ("repl-diskless-sync", "yes"),
            ("log-index-interval", "\(self.options.log.indexInterval)"),
            ("replicaof", self.primary.map { "\($0.host) \($0.port)" } ?? ""), ("replica-id", self.replicaID),
            ("region", self.options.region ?? ""), ("replica-read-only", "yes"), ("replica-serve-stale-data", "yes"),
            ("snapshot-log-size", "\(self.options.snapshotLogBytes)"),
            ("log-max-size", "\(self.options.logMaxBytes ?? 0)"),
            ("log-max-age", "\((self.options.logMaxAge ?? 0) / 1000)"), ("dbfilename", ShardFiles.dump),
            ("rdbchecksum", "yes"), ("rdbcompression", "no"), ("dir", self.options.dataDirectory ?? ""),
            ("maxmemory", "0"), ("maxmemory-policy", "noeviction"), ("timeout", "0"), ("cluster-enabled", "no"),
        ]
    }

    func resetStatistics() {
        self.totalConnections.store(0, ordering: .relaxed)
        self.rejectedConnections.store(0, ordering: .relaxed)
        self.handshakes.reset()
    }
}

extension HandshakeCounters {
    func reset() {
        self.accepted.store(0, ordering: .relaxed)
        self.malformed.store(0, ordering: .relaxed)
        self.tooManyWaiting.store(0, ordering: .relaxed)
    }
}
