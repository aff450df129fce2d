import Server
import Sockets
import Testing

@Suite(.serialized) struct GroupTests {
    @Test("members elect a leader, and what it acknowledges is at all of them")
    func elects() throws {
        try TestGroup.run { group in
            let leader = try group.leader()
            let client = try group.client(leader)
            #expect(try client.command("SET", "name", "value") == .simple("OK"))
            for number in 0..<100 {
                #expect(try client.command("RPUSH", "list", "\(number)") == .integer(Int64(number + 1)))
            }
            try group.waitUntilEqual()
            for member in group.running where member != leader {
                let reader = try group.client(member)
                #expect(try reader.command("READONLY") == .simple("OK"))
                #expect(try reader.command("GET", "name") == .text("value"))
                #expect(try reader.command("LLEN", "list") == .integer(100))
            }
        }
    }

    @Test("a follower sends clients to the leader, as Redis Cluster does")
    func guidance() throws {
        try TestGroup.run { group in
            let leader = try group.leader()
            let other = group.running.first { $0 != leader } ?? 0
            let client = try group.client(other)
            let address = "127.0.0.1:\(group.clientPort(leader))"
            try group.waitForLeader(leader, at: other)
            // CRC16 of "foo" is 12182.
            #expect(try client.command("SET", "foo", "1") == .error("MOVED 12182 \(address)"))
            #expect(try client.command("GET", "foo") == .error("MOVED 12182 \(address)"))
            #expect(try client.command("CLUSTER", "KEYSLOT", "foo") == .integer(12182))
            #expect(try client.command("READONLY") == .simple("OK"))
            #expect(try client.command("GET", "foo") == .null)
            #expect(try client.command("SET", "foo", "1") == .error("MOVED 12182 \(address)"))
            #expect(try client.command("READWRITE") == .simple("OK"))
            #expect(try client.command("GET", "foo").isError)
            #expect(try client.command("FLUSHALL").isError)

            let slots = try client.command("CLUSTER", "SLOTS").elements
            #expect(slots.count == 1 && slots[0].elements.prefix(2) == [.integer(0), .integer(16383)])
            #expect(slots[0].elements[2].elements[1] == .integer(Int64(group.clientPort(leader))))
            #expect(slots[0].elements.count == 5)
            let shards = try client.command("CLUSTER", "SHARDS").elements
            #expect(shards.count == 1 && shards[0].fields["nodes"]?.elements.count == 3)
            #expect(try client.command("CLUSTER", "INFO").text?.contains("cluster_state:ok") == true)
            let id = try client.command("CLUSTER", "MYID").text ?? ""
            #expect(id.utf8.count == 40)
            #expect(try client.command("CLUSTER", "NODES").text?.contains("\(id) 127.0.0.1:") == true)
        }
    }

    @Test("a new leader has everything that the old one acknowledged, and the old one follows when it is back")
    func failover() throws {
        try TestGroup.run { group in
            let first = try group.leader()
            let writer = try group.client(first)
            for number in 0..<200 {
                #expect(try writer.command("SET", "key:\(number)", "\(number)") == .simple("OK"))
            }
            group.stop(first)
            let second = try group.leader()
            #expect(second != first)
            let client = try group.client(second)
            for number in 0..<200 { #expect(try client.command("GET", "key:\(number)") == .text("\(number)")) }
            #expect(try client.command("SET", "after", "1") == .simple("OK"))
            try group.start(first)
            try group.waitUntilEqual()
            #expect(try group.info("group0_role", of: first) == "replica")
        }
    }

    @Test("a leader without a majority acknowledges nothing, and serves again when the others are back")
    func isolation() throws {
        try TestGroup.run { group in
            let leader = try group.leader()
            let client = try group.client(leader)
            #expect(try client.command("SET", "before", "1") == .simple("OK"))
            let others = group.running.filter { $0 != leader }
            for other in others { group.stop(other) }
            // This one was carried out and cannot be decided.
            let reply = try client.command("SET", "alone", "1")
            #expect(reply.isError, "\(reply)")
            _ = try group.wait(for: "the leader to see that it is alone") {
                try group.info("group0_serving", of: leader) == "0" ? true : nil
            }
            #expect(try client.command("SET", "later", "1").isError)
            #expect(try client.command("GET", "before").isError)
            for other in others { try group.start(other) }
            #expect(try group.ask("GET", "before") == .text("1"))
            #expect(try group.ask("SET", "after", "1") == .simple("OK"))
            try group.waitUntilEqual()
        }
    }

    @Test("all members that stop come back with what was acknowledged")
    func restart() throws {
        try TestGroup.run { group in
            let leader = try group.leader()
            let client = try group.client(leader)
            for number in 0..<50 { #expect(try client.command("SET", "k\(number)", "v") == .simple("OK")) }
            client.close()
            for member in group.running { group.stop(member) }
            for member in 0..<group.count { try group.start(member) }
            let again = try group.client(try group.leader())
            #expect(try again.command("DBSIZE") == .integer(50))
            #expect(try again.command("INCR", "counter") == .integer(1))
            try group.waitUntilEqual()
        }
    }

    @Test("a member whose records the log no longer has takes the leader's data, and goes on from there")
    func snapshot() throws {
        try TestGroup.run(["log-segment-size": "8192", "snapshot-log-size": "16384"]) { group in
            let (leader, late, client) = try group.stopFollower()
            for number in 0..<2000 {
                #expect(try client.command("SET", "key:\(number % 500)", "value \(number)") == .simple("OK"))
            }
            _ = try group.wait(for: "the log to be pruned") {
                try group.number("group0_first", of: leader) > 100 ? true : nil
            }
            try group.start(late)
            try group.waitUntilEqual()
            #expect(try group.number("group0_snapshots", of: late) >= 1)
            #expect(try client.command("SET", "after", "1") == .simple("OK"))
            try group.waitUntilEqual()
            // What was installed is there after a start, too.
            group.stop(late)
            try group.start(late)
            try group.waitUntilEqual()
            #expect(try group.number("group0_snapshots", of: late) == 0)
        }
    }

    @Test("a member that comes back far behind has the same data in the end, and little of the way in its backlog")
    func farBehind() throws {
        try TestGroup.run(["snapshot-log-size": "0", "backlog-size": "1gb"]) { group in
            let (leader, late, client) = try group.stopFollower()
            // More than a member may lack that keeps what it applies for others.
            let value = String(repeating: "v", count: 1 << 20)
            for number in 0..<100 {
                #expect(try client.command("SET", "key:\(number % 7)", "\(number)\(value)") == .simple("OK"))
            }
            try group.start(late)
            try group.waitUntilEqual()
            let oldest = try [late, leader].map {
                try group.info("repl_backlog_first_byte_offset", in: "replication", of: $0)
            }
            #expect(oldest[0].flatMap { Int($0) } ?? 0 >= 20 && oldest[1] == "0", "\(oldest)")

            // From now on it is a member like the others.
            #expect(try client.command("SET", "last", "value") == .simple("OK"))
            try group.waitUntilEqual()
            let reader = try group.client(late)
            #expect(try reader.command("READONLY") == .simple("OK"))
            #expect(try reader.command("GET", "last") == .text("value"))
        }
    }

    @Test("a read that must be consistent is answered by a leader, and by nobody who only thinks it leads")
    func consistentReads() throws {
        try TestGroup.run { group in
            let leader = try group.leader()
            let client = try group.client(leader)
            #expect(try client.command("SET", "a", "1") == .simple("OK"))
            #expect(try client.command("READ", "CONSISTENT") == .simple("OK"))
            #expect(try client.command("GET", "a") == .text("1"))
            for other in group.running where other != leader { group.stop(other) }
            #expect(try client.command("GET", "a").isError)
        }
    }

    @Test("a connection that asks for consistent reads where nobody leads is answered once for each command")
    func consistentFollower() throws {
        try TestGroup.run { group in
            let leader = try group.leader()
            let client = try group.client(group.running.first { $0 != leader } ?? 0)
            #expect(try client.command("READ", "CONSISTENT") == .simple("OK"))
            #expect(try client.command("PING") == .simple("PONG"))
            #expect(try client.command("ECHO", "one") == .text("one"))
            #expect(try client.command("ECHO", "two") == .text("two"))
        }
    }

    @Test("each shard has a leader of its own, and keys are routed by slots")
    func shards() throws {
        try TestGroup.run(shards: 2) { group in
            let leaders = try [group.leader(of: 0), group.leader(of: 1)]
            for number in 0..<100 {
                let key = "key:\(number)"
                let entry = try group.client(0)
                defer { entry.close() }
                let reply = try entry.command("SET", key, "\(number)")
                guard case .error(let message) = reply else { continue }
                let words = message.split(separator: " ")
                #expect(words.first == "MOVED", "\(message)")
                let slot = Int(words.dropFirst().first ?? "") ?? 0
                let client = try group.client(leaders[slot < 8192 ? 0 : 1])
                defer { client.close() }
                #expect(try client.command("SET", key, "\(number)") == .simple("OK"))
            }
            try group.waitUntilEqual()
            let client = try group.client(leaders[0])
            #expect(try client.command("DBSIZE") == .integer(100))
            #expect(try client.command("CLUSTER", "SLOTS").elements.count == 2)
        }
    }

    @Test("somebody without the secret is turned away, and changes nothing")
    func strangers() throws {
        try TestGroup.run { group in
            let leader = try group.leader()
            for text in ["PING\r\n", String(repeating: "x", count: 4096), String(repeating: "\0", count: 100)] {
                let stranger = try TestClient(port: group.groupPort(leader))
                try stranger.send(text)
                if text.utf8.count > 60 { _ = try stranger.untilClosed() }
            }
            #expect(try group.number("group_strangers", of: leader) == 2)
            #expect(try group.leader() == leader)
            #expect(try group.client(leader).command("SET", "a", "1") == .simple("OK"))
        }
    }

    @Test("without asking anybody, survivors go on, and in the end all have the same data", arguments: [0, 1])
    func nearest(round: Int) throws {
        try TestGroup.run(["election": "nearest"]) { group in
            let leader = try group.leader()
            let client = try group.client(leader)
            for number in 0..<50 { #expect(try client.command("SET", "k\(number)", "v") == .simple("OK")) }
            try group.waitUntilEqual()
            group.stop(leader)
            let next = try group.leader()
            #expect(try group.client(next).command("DBSIZE") == .integer(50))
            try group.start(leader)
            try group.waitUntilEqual()
        }
    }
}

extension TestGroup {
    func waitForLeader(_ leader: Int, at member: Int) throws {
        _ = try self.wait(for: "member \(member + 1) to know the leader") {
            try self.info("group0_leader", of: member) == "\(leader + 1)" ? true : nil
        }
    }
}
