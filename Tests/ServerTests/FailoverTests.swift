import Primitives
import Replication
import Server
import Sockets
import Testing

/// Planned handovers.
@Suite struct FailoverTests {
    private func handOver(to target: TestServer, _ client: TestClient, timeout: String = "15000") throws -> Reply {
        try client.command("FAILOVER", "TO", "127.0.0.1", "\(target.server.clientPort)", "TIMEOUT", timeout)
    }

    private func waitForEnd(_ server: TestServer, _ client: TestClient) throws {
        try server.wait(for: "the end of the handover") {
            try server.info("master_failover_state", through: client) == "no-failover"
        }
    }

    @Test("a handover under load loses no acknowledged write, and lets none in between", arguments: [1, 2])
    func underLoad(shards: Int) throws {
        try TestServer.run(shards: shards) { old in
            try TestServer.run(shards: shards, old.asPrimary) { new in
                let (oldClient, newClient) = (try old.client(), try new.client())
                try new.waitForLink(through: newClient)
                let writers = try (0..<4).map { _ in try old.client() }
                var acknowledged: [[Int64]] = Array(repeating: [], count: 4)
                var sent = Array(repeating: 0, count: 4)
                func send(_ writer: Int) throws {
                    let commands = (0..<50).map { ["SET", "w\(writer):\(sent[writer] + $0)", "\(sent[writer] + $0)"] }
                    try writers[writer].send(commands.flatMap(TestClient.encoded))
                }
                func receive(_ writer: Int) throws -> Bool {
                    var isRefused = false
                    for number in sent[writer]..<(sent[writer] + 50) {
                        switch try writers[writer].reply() {
                        case .simple("OK"): acknowledged[writer].append(Int64(number))
                        case .error(let reason):
                            #expect(reason.hasPrefix("READONLY"))
                            isRefused = true
                        case let other: Issue.record("\(other)")
                        }
                    }
                    sent[writer] += 50
                    return isRefused
                }
                var isHandedOver = false
                for round in 0..<10_000 where !isHandedOver {
                    for writer in 0..<4 { try send(writer) }
                    if round == 20 { #expect(try self.handOver(to: new, oldClient) == .simple("OK")) }
                    for writer in 0..<4 where try receive(writer) { isHandedOver = true }
                }
                #expect(isHandedOver)
                try self.waitForEnd(old, oldClient)
                #expect(try new.info("role", through: newClient) == "master")
                #expect(try old.info("role", through: oldClient) == "slave")
                for (writer, numbers) in acknowledged.enumerated() {
                    #expect(numbers.count >= 1000)
                    let values = try newClient.pipeline(numbers.map { ["GET", "w\(writer):\($0)"] })
                    #expect(zip(values, numbers).allSatisfy { $0 == .text("\($1)") })
                }
                #expect(
                    try newClient.command("DBSIZE") == .integer(Int64(acknowledged.reduce(0) { $0 + $1.count })),
                    "nothing was taken that was not acknowledged"
                )
                #expect(try newClient.command("SET", "after", "1") == .simple("OK"))
                try old.waitUntilEqual(to: new, oldClient, newClient)
                #expect(try oldClient.command("GET", "after") == .text("1"))
                #expect(try old.number("follower_snapshots_begun", through: oldClient) == 0)
                // And back again.
                #expect(try self.handOver(to: old, newClient) == .simple("OK"))
                try self.waitForEnd(new, newClient)
                #expect(try old.info("role", through: oldClient) == "master")
                #expect(try oldClient.command("SET", "back", "1") == .simple("OK"))
                try new.waitUntilEqual(to: old, newClient, oldClient)
            }
        }
    }

    @Test("a target that does not get everything in time: writes waited, and go on")
    func timeout() throws {
        let fake = try FakePrimary()
        try TestServer.run { server in
            let (client, writer) = (try server.client(), try server.client())
            let raw = try server.replica("raw")
            defer { raw.connection.close() }
            try server.wait(for: "the link") { try server.number("connected_slaves", through: client) == 1 }
            #expect(raw.answer == .simple("ACK 0"))
            #expect(
                try client.command("FAILOVER", "TO", "127.0.0.1", "\(fake.port)", "TIMEOUT", "600") == .simple("OK")
            )
            #expect(try server.info("master_failover_state", through: client) == "waiting-for-sync")
            #expect(try client.command("FAILOVER", "TO", "127.0.0.1", "1").isError, "one at a time")
            #expect(try client.command("REPLICAOF", "127.0.0.1", "1").isError)
            let before = Clocks.monotonicNanoseconds
            #expect(try writer.command("SET", "a", "1") == .simple("OK"))
            #expect(Clocks.monotonicNanoseconds - before > 200_000_000, "it waited")
            try self.waitForEnd(server, client)
            #expect(try server.info("role", through: client) == "master")
        }
    }

    @Test("ABORT ends a handover that is not yet decided")
    func abort() throws {
        let fake = try FakePrimary()
        try TestServer.run { server in
            let (client, writer) = (try server.client(), try server.client())
            #expect(try client.command("FAILOVER", "ABORT") == .error("ERR No failover in progress."))
            #expect(
                try client.command("FAILOVER", "TO", "127.0.0.1", "\(fake.port)")
                    == .error("ERR FAILOVER requires connected replicas.")
            )
            let raw = try server.replica("raw")
            defer { raw.connection.close() }
            try server.wait(for: "the link") { try server.number("connected_slaves", through: client) == 1 }
            #expect(try client.command("FAILOVER", "TO", "127.0.0.1", "\(fake.port)") == .simple("OK"))
            try writer.send(TestClient.encoded(["SET", "a", "1"]))
            #expect(try client.command("GET", "a") == .null)
            #expect(try client.command("FAILOVER", "ABORT") == .simple("OK"))
            #expect(try writer.reply() == .simple("OK"))
            for words in [
                ["FAILOVER"], ["FAILOVER", "TO", "h"], ["FAILOVER", "TO", "h", "0"], ["FAILOVER", "TO", "h", "x"],
                ["FAILOVER", "ABORT", "x"], ["FAILOVER", "TO", "h", "1", "TIMEOUT", "0"],
            ] {
                #expect(try client.pipeline([words])[0].isError)
            }
        }
    }

    @Test("only who has exactly what is asked for takes over, and being told twice does no harm")
    func takeover() throws {
        try TestServer.run { primary in
            try TestServer.run(primary.asPrimary) { replica in
                let (writer, client) = (try primary.client(), try replica.client())
                _ = try writer.command("SET", "a", "1")
                try replica.waitUntilEqual(to: primary, client, writer)
                let history = try primary.streams(through: writer)[0].history
                let other = FakePrimary.history
                #expect(try client.command("REPL.TAKEOVER", "ASK", history, "1") == .simple("OK"))
                #expect(try client.command("REPL.TAKEOVER", "ASK", history, "2") == .simple("WAIT"))
                #expect(try client.command("REPL.TAKEOVER", "TAKE", history, "2") == .simple("WAIT"))
                #expect(try client.command("REPL.TAKEOVER", "ASK", history, "0").isError)
                #expect(try client.command("REPL.TAKEOVER", "ASK", other, "1") == .simple("WAIT"))
                #expect(try client.command("REPL.TAKEOVER", "TAKE", history, "1", history, "1").isError)
                #expect(try client.command("REPL.TAKEOVER", "TAKE", "x", "1").isError)
                #expect(try replica.info("role", through: client) == "slave")
                #expect(try client.command("REPL.TAKEOVER", "TAKE", history, "1") == .simple("OK"))
                #expect(try replica.info("role", through: client) == "master")
                let after = try replica.streams(through: client)[0].history
                #expect(try client.command("REPL.TAKEOVER", "TAKE", history, "1") == .simple("OK"))
                #expect(try replica.streams(through: client)[0].history == after)
                #expect(try client.command("REPL.TAKEOVER", "TAKE", history, "2").isError)
            }
        }
    }
}
