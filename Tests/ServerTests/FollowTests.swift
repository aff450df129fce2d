import Primitives
import Replication
import Server
import Sockets
import Testing

extension TestServer {
    /// Settings of a node that follows this one.
    var asPrimary: [String: String] { ["replica-of": "127.0.0.1:\(self.server.clientPort)"] }

    func positions(through client: TestClient) throws -> [Position] {
        try self.streams(through: client).map(\.position)
    }

    /// Waits until this node has everything that another one has numbered.
    func waitUntilEqual(to primary: TestServer, _ mine: TestClient, _ theirs: TestClient) throws {
        try self.wait(for: "the replica to catch up") {
            try self.positions(through: mine) == primary.positions(through: theirs)
        }
    }

    func waitForLink(through client: TestClient) throws {
        try self.wait(for: "the link") { try self.info("master_link_status", through: client) == "up" }
    }
}

/// Two nodes, one of which follows the other.
@Suite struct FollowTests {
    @Test(
        "a replica that starts empty gets everything out of the backlog, and then what is written",
        arguments: [1, 2]
    )
    func fromNothing(shards: Int) throws {
        try TestServer.run(shards: shards) { primary in
            let scribe = Scribe(try primary.client(), shards: shards)
            try scribe.write(3000, bytes: 200)
            try TestServer.run(shards: shards, primary.asPrimary) { replica in
                let reader = try replica.client()
                try replica.waitUntilEqual(to: primary, reader, scribe.client)
                for number in [1, 1500, 3000] {
                    #expect(try reader.command("GET", Scribe.key(number)) == .text(Scribe.value(number, bytes: 200)))
                }
                #expect(try reader.command("DBSIZE") == .integer(3000))
                try scribe.write(1000)
                try replica.waitUntilEqual(to: primary, reader, scribe.client)
                #expect(try reader.command("DBSIZE") == .integer(4000))
                #expect(try replica.info("role", through: reader) == "slave")
                #expect(try replica.info("slave_repl_offset", through: reader) == "4000")
                #expect(try primary.number("connected_slaves", through: scribe.client) == 1)
            }
        }
    }

    @Test("clients of a replica read and do not write")
    func readOnly() throws {
        try TestServer.run(shards: 2) { primary in
            let writer = try primary.client()
            _ = try writer.command("MSET", "a", "1", "b", "2")
            try TestServer.run(shards: 2, primary.asPrimary) { replica in
                let client = try replica.client()
                try replica.waitUntilEqual(to: primary, client, writer)
                let refusal = Reply.error("READONLY You can't write against a read only replica.")
                for words in [
                    ["SET", "a", "2"], ["DEL", "a"], ["FLUSHALL"], ["MSET", "a", "1", "b", "3"], ["GETDEL", "a"],
                ] {
                    #expect(try client.pipeline([words])[0] == refusal)
                }
                #expect(try client.command("MGET", "a", "b") == .array([.text("1"), .text("2")]))
                let port = Int64(primary.server.clientPort)
                try replica.waitForLink(through: client)
                #expect(
                    try client.command("ROLE")
                        == .array([.text("slave"), .text("127.0.0.1"), .integer(port), .text("connected"), .integer(2)])
                )
                #expect(try client.command("HELLO").fields["role"] == .text("replica"))
                #expect(try client.command("REPLICAOF", "127.0.0.1", "0") == .error("ERR Invalid master port"))
                #expect(
                    try client.command("SLAVEOF", "127.0.0.1", "\(port)")
                        == .simple("OK Already connected to specified master")
                )
            }
        }
    }

    @Test("REPLICAOF at run time follows, and NO ONE takes writes again")
    func atRunTime() throws {
        try TestServer.run { primary in
            try TestServer.run { node in
                let (writer, client) = (try primary.client(), try node.client())
                _ = try writer.command("SET", "a", "first")
                #expect(try client.command("REPLICAOF", "127.0.0.1", "\(primary.server.clientPort)") == .simple("OK"))
                try node.wait(for: "the primary's data") { try client.command("GET", "a") == .text("first") }
                #expect(try client.command("SET", "b", "1").isError)
                #expect(try client.command("REPLICAOF", "NO", "ONE") == .simple("OK"))
                #expect(try client.command("SET", "b", "1") == .simple("OK"))
                #expect(try node.info("role", through: client) == "master")
                _ = try writer.command("SET", "a", "again")
                #expect(try client.command("GET", "a") == .text("first"))
            }
        }
    }

    @Test("WAIT counts a replica once it has applied the write")
    func waiting() throws {
        try TestServer.run { primary in
            try TestServer.run(primary.asPrimary) { replica in
                let (writer, reader) = (try primary.client(), try replica.client())
                for number in 1...20 {
                    _ = try writer.command("SET", "n", "\(number)")
                    #expect(try writer.command("WAIT", "1", "10000") == .integer(1))
                    #expect(try reader.command("GET", "n") == .text("\(number)"))
                }
                #expect(try writer.command("WAITAOF", "0", "1", "50") == .array([.integer(0), .integer(0)]))
            }
        }
    }

    @Test("a replica goes on where it was when its primary drops the link")
    func droppedLink() throws {
        try TestServer.run { primary in
            let scribe = Scribe(try primary.client())
            try TestServer.run(primary.asPrimary) { replica in
                let reader = try replica.client()
                for round in 1...3 {
                    try scribe.write(500)
                    try replica.waitUntilEqual(to: primary, reader, scribe.client)
                    #expect(try scribe.client.command("CLIENT", "KILL", "TYPE", "replica") == .integer(1))
                    try replica.wait(for: "the next link") {
                        try replica.number("follower_connects", through: reader) > round
                    }
                }
                try scribe.write(500)
                try replica.waitUntilEqual(to: primary, reader, scribe.client)
                #expect(try reader.command("DBSIZE") == .integer(2000))
                #expect(try replica.number("follower_gaps", through: reader) == 0)
            }
        }
    }

    @Test("another number of shards is refused with what to do about it")
    func otherShards() throws {
        try TestServer.run(shards: 2) { primary in
            try TestServer.run(primary.asPrimary) { replica in
                let client = try replica.client()
                try replica.wait(for: "the reason") {
                    try replica.info("master_link_error", through: client)?.contains("start this node with --shards 2")
                        ?? false
                }
                #expect(try client.command("SET", "a", "1").isError)
            }
        }
    }

    @Test("a key that has expired is not seen on a replica, and stays until the primary removes it")
    func expiry() throws {
        try TestServer.run { primary in
            let writer = try primary.client()
            try TestServer.run(primary.asPrimary) { replica in
                let reader = try replica.client()
                _ = try writer.command("SET", "a", "1", "PX", "150")
                _ = try writer.command("SET", "b", "1")
                try replica.waitUntilEqual(to: primary, reader, writer)
                try replica.wait(for: "the end of the key") { try reader.command("GET", "a") == .null }
                try replica.wait(for: "the primary's DEL") { try reader.command("DBSIZE") == .integer(1) }
                try replica.waitUntilEqual(to: primary, reader, writer)
                #expect(try primary.positions(through: writer) == [3])
            }
        }
    }
}
