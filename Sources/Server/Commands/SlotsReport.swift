// REPL.SLOTS: what each replica's slot costs, and the forecast of when it is lost. REPL.TOPOLOGY: what a replica, or a client
// that keeps a map of the replicas, must know of this node. Maps in RESP3, flat arrays of names and values in RESP2.

import Engine
import Primitives
import RESP
import Replication
import Synchronization

/// A slot of one shard, with what only the shard can tell.
struct SlotFacts: Sendable {
    var shard: Int
    var slot: Slot
    var forecast: SlotForecast
    var lag: UInt64
}

extension Shard {
    var slotFacts: [SlotFacts] {
        self.admitParkedLinks()
        let tip = self.engine.stream.tip
        return self.engine.replicas.slots.slots.map { slot in
            SlotFacts(
                shard: self.index,
                slot: slot,
                forecast: self.engine.forecast(for: slot),
                lag: tip > slot.confirmed ? tip - slot.confirmed : 0
            )
        }
    }
}

enum SlotsReport {
    static func write(_ facts: [SlotFacts], now: Milliseconds, _ writer: Writer) {
        writer.array(facts.count)
        for facts in facts { self.write(facts, now: now, writer) }
    }

    private static func write(_ facts: SlotFacts, now: Milliseconds, _ writer: Writer) {
        let slot = facts.slot
        var texts: [(String, String)] = [
            ("id", slot.id), ("state", Self.state(of: slot)), ("cause", slot.invalidation?.cause.name ?? ""),
            ("region", slot.region ?? ""), ("history", slot.history.hex),
        ]
        texts.removeAll { $0.1.isEmpty }
        let numbers: [(String, Int64?)] = [
            ("shard", Int64(facts.shard)),
            ("restart", Int64(clamping: slot.restart)),
            ("confirmed", Int64(clamping: slot.confirmed)),
            ("lag", Int64(clamping: facts.lag)),
            ("seen_seconds_ago", slot.isConnected ? 0 : max(0, now - slot.lastSeen) / 1000),
            ("retained_bytes", Int64(facts.forecast.retainedBytes)),
            ("bytes_left", facts.forecast.bytesLeft.map(Int64.init)),
            ("seconds_left", facts.forecast.secondsLeft.map(Int64.init)),
        ]
        writer.map(texts.count + numbers.count)
        for (name, value) in texts {
            writer.bulk(name)
            writer.bulk(value)
        }
        for (name, value) in numbers {
            writer.bulk(name)
            if let value { writer.integer(value) } else { writer.null() }
        }
    }

    private static func state(of slot: Slot) -> String {
        if slot.isConnected {
            switch slot.transfer {
            case .waiting: return "waiting-for-snapshot"
            case .sending: return "receiving-snapshot"
            case nil: break
            }
        }
        return !slot.isValid ? "invalidated" : slot.isConnected ? "connected" : "away"
    }
}

/// What a shard says of its stream.
struct StreamFacts: Sendable {
    var history: History
    var ancestors: [Ancestor]
    var tip: Position
    var epoch: UInt64
    var replicas: [ReplicaStatus]
}

extension Shard {
    var streamFacts: StreamFacts {
        self.admitParkedLinks()
        let summary = self.board.summary
        return StreamFacts(
            history: summary.history,
            ancestors: summary.ancestors,
            tip: self.engine.stream.tip,
            epoch: self.engine.replicas.registry.topologyEpoch,
            replicas: self.engine.replicas.registry.replicas
        )
    }
}

enum TopologyReport {
    static func write(_ facts: [StreamFacts], ports: [UInt16], _ writer: Writer) {
        writer.map(3)
        writer.bulk("epoch")
        // Each shard's only rises, and so does their sum.
        writer.integer(Int64(clamping: facts.reduce(0) { $0 + $1.epoch }))
        writer.bulk("shards")
        writer.integer(facts.count)
        writer.bulk("streams")
        writer.array(facts.count)
        for (index, stream) in facts.enumerated() {
            writer.map(5)
            writer.bulk("port")
            writer.integer(Int(ports[index]))
            writer.bulk("history")
            writer.bulk(stream.history.hex)
            writer.bulk("position")
            writer.integer(Int64(clamping: stream.tip))
            writer.bulk("ancestors")
            writer.array(stream.ancestors.count)
            for ancestor in stream.ancestors {
                writer.array(2)
                writer.bulk(ancestor.history.hex)
                writer.integer(Int64(clamping: ancestor.left))
            }
            writer.bulk("replicas")
            writer.array(stream.replicas.count)
            for replica in stream.replicas { self.write(replica, writer) }
        }
    }

    private static func write(_ replica: ReplicaStatus, _ writer: Writer) {
        writer.map(8)
        writer.bulk("id")
        writer.bulk(replica.id)
        writer.bulk("connected")
        writer.integer(replica.isConnected ? 1 : 0)
        writer.bulk("healthy")
        writer.integer(replica.isHealthy ? 1 : 0)
        writer.bulk("rebootstrapping")
        writer.integer(replica.isRebootstrapping ? 1 : 0)
        for (name, position) in [
            ("sent", replica.sent), ("applied", replica.acknowledged), ("durable", replica.durable),
        ] as [(String, Position?)] {
            writer.bulk(name)
            if let position { writer.integer(Int64(clamping: position)) } else { writer.null() }
        }
        writer.bulk("region")
        if let region = replica.region { writer.bulk(region) } else { writer.null() }
    }
}

extension ClientConnection {
    func slots(_ command: Command, _ writer: Writer) {
        if command.count == 1 {
            return self.askAllShards {
                $0.slotFacts
            } answer: { facts, writer in
                SlotsReport.write(facts.flatMap { $0 }, now: WallClock.milliseconds, writer)
            }
        }
        guard command.count == 3, command[1].equalsIgnoringCase("DROP") else {
            return self.refuse(
                "ERR unknown subcommand or wrong number of arguments. Try REPL.SLOTS [DROP <id>].",
                writer
            )
        }
        let id = command[2].text
        self.askAllShards {
            $0.dropSlot(id)
        } answer: { outcomes, writer in
            if outcomes.contains(.refusedConnected) {
                writer.error("ERR the replica '\(id)' is connected: stop it first, or end it with CLIENT KILL")
            } else if outcomes.contains(.dropped) {
                writer.ok()
            } else {
                writer.error("ERR no slot with the id '\(id)'")
            }
        }
    }

    func topology() {
        let ports = self.shard.node.replicationPorts
        self.askAllShards {
            $0.streamFacts
        } answer: {
            TopologyReport.write($0, ports: ports, $1)
        }
    }
}
