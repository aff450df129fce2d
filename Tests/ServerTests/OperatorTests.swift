import Server
import Sockets
import Testing

@Suite struct OperatorTests {
    @Test("CLIENT names, lists and ends connections")
    func clients() throws {
        try TestServer.run { server in
            let first = try server.client()
            let second = try server.client()
            #expect(try first.command("CLIENT", "SETNAME", "one") == .simple("OK"))
            #expect(try first.command("CLIENT", "SETNAME", "a b").isError)
            #expect(try first.command("CLIENT", "GETNAME") == .text("one"))
            guard case .integer(let number) = try second.command("CLIENT", "ID") else {
                Issue.record("CLIENT ID is a number")
                return
            }
            let (replica, _) = try server.replica("r9")
            try server.wait(for: "the link in the list") {
                try first.command("CLIENT", "LIST").text?.contains("name=r9 flags=S") == true
            }
            let list = try #require(try first.command("CLIENT", "LIST").text).split(separator: "\n")
            #expect(list.count == 3)
            #expect(list.contains { $0.contains(" name=one ") && $0.contains("cmd=client") })
            #expect(list.contains { $0.hasPrefix("id=\(number) ") })
            #expect(try first.command("CLIENT", "KILL", "ID", "\(number)") == .integer(1))
            #expect(try second.untilClosed().isEmpty)
            #expect(try first.command("CLIENT", "KILL", "127.0.0.1:1").text == "ERR No such client")
            let address = try #require(replica.socket.localAddress)
            #expect(try first.command("CLIENT", "KILL", "ADDR", "\(address)") == .integer(1))
            #expect(try replica.untilClosed() == "-ERR closed by the operator\r\n")
            #expect(try first.command("PING") == .simple("PONG"))
        }
    }

    @Test("CLIENT KILL TYPE ends all connections of that kind, and no other", arguments: [1, 2])
    func killByType(shards: Int) throws {
        try TestServer.run(shards: shards) { server in
            let client = try server.client()
            let other = try server.client()
            let replicas = try (0..<3).map { try server.replica("r\($0)", shard: $0 % shards).connection }
            try server.wait(for: "the links") { try server.info("connected_slaves", through: client) == "3" }
            #expect(try client.command("CLIENT", "KILL", "TYPE", "replica") == .integer(3))
            for replica in replicas { #expect(try replica.untilClosed() == "-ERR closed by the operator\r\n") }
            #expect(try other.command("PING") == .simple("PONG"))
            #expect(try client.command("CLIENT", "KILL", "TYPE", "normal") == .integer(1))
            #expect(try other.untilClosed().isEmpty)
        }
    }

    @Test("CONFIG SET changes what CONFIG GET shows and what is in force")
    func settings() throws {
        try TestServer.run(shards: 2) { server in
            let client = try server.client()
            #expect(try client.command("CONFIG", "SET", "repl-backlog-size", "1mb") == .simple("OK"))
            let shown = try client.command("CONFIG", "GET", "*backlog-size").elements
            #expect(shown == ["backlog-size", "1048576", "repl-backlog-size", "1048576"].map { .text($0) })
            #expect(try server.info("repl_backlog_size", through: client) == "2097152")
            #expect(try client.command("CONFIG", "GET", "nothing-*") == .array([]))
            #expect(try client.command("CONFIG", "RESETSTAT") == .simple("OK"))
        }
    }

    @Test(
        "a setting that makes no sense is refused and changes nothing",
        arguments: [
            ["link-timeout", "0"], ["link-timeout", "9223372036854775807"], ["repl-timeout", "-1"],
            ["backlog-size", "0"], ["backlog-size", "9223372036854775807gb"], ["backlog-size", "many"],
            ["maxclients", "0"], ["client-query-buffer-limit", "1"], ["client-query-buffer-limit", "4gb"],
            ["no-such-setting", "1"], ["maxclients", "5", "no-such-setting", "1"],
        ]
    )
    func refusedSettings(words: [String]) throws {
        try TestServer.run { server in
            let client = try server.client()
            let before = try client.command("CONFIG", "GET", "*")
            try client.send(TestClient.encoded(["CONFIG", "SET"] + words))
            #expect(try client.reply().isError)
            #expect(try client.command("CONFIG", "GET", "*") == before)
        }
    }

    @Test("clients beyond the limit are told so")
    func maxClients() throws {
        try TestServer.run(["maxclients": "2"]) { server in
            let clients = try (0..<2).map { _ in try server.client() }
            for client in clients { #expect(try client.command("PING") == .simple("PONG")) }
            let refused = try server.client()
            #expect(try refused.untilClosed() == "-ERR max number of clients reached\r\n")
            clients[1].close()
            try server.wait(for: "room") { try server.info("connected_clients", through: clients[0]) == "1" }
            let newcomer = try server.client()
            #expect(try newcomer.command("PING") == .simple("PONG"))
        }
    }

    @Test("a stop ends every connection and gives the ports back", arguments: [1, 2])
    func stop(shards: Int) throws {
        var port: UInt16 = 0
        var connections: [TestClient] = []
        try TestServer.run(shards: shards) { server in
            let client = try server.client()
            _ = try client.command("SET", "k", "v")
            connections = [
                client, try server.replica("r").connection, try server.replicationPort(), try server.client(),
            ]
            port = server.server.clientPort
        }
        for connection in connections { _ = try connection.untilClosed() }
        #expect(throws: (any Error).self) { try TestClient(port: port) }
        try TestServer.run(["port": "\(port)", "replication-port": "0"]) { server in
            let newcomer = try server.client()
            #expect(try newcomer.command("GET", "k") == .null)
        }
    }

    @Test("a port that is taken is an error that says what to do")
    func portTaken() throws {
        try TestServer.run { server in
            let error = try #require(throws: ServerError.self) {
                try TestServer.run(["port": "\(server.server.clientPort)", "replication-port": "0"]) { _ in }
            }
            #expect(error.description.contains("choose another --port"))
        }
        #expect(throws: ServerError.self) { try TestServer.run(shards: 4096) { _ in } }
    }
}
