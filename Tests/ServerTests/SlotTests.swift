import Primitives
import Server
import Testing

/// Slots as operators see them, across connections and restarts.
@Suite struct SlotTests {
    private let folder: DataFolder

    init() throws { self.folder = try DataFolder() }

    private func slots(_ client: TestClient) throws -> [[String: Reply]] {
        try client.command("REPL.SLOTS").elements.map(\.fields)
    }

    @Test("REPL.SLOTS tells of each replica whether it is there, where it stands and what it costs", arguments: [1, 2])
    func report(shards: Int) throws {
        try TestServer.run(in: self.folder, shards: shards) { server in
            let client = try server.client()
            #expect(try client.command("REPL.SLOTS") == .array([]))
            try Scribe(client, shards: shards).write(50 * shards)
            let stream = try server.streams(through: client)[0]
            let (replica, _) = try server.replica("r", from: 10, history: stream.history)
            try replica.send("REPLCONF ACK 12 11\r\n")
            try server.wait(for: "the acknowledgement") {
                try self.slots(client).first?["confirmed"] == .integer(12)
            }
            let slot = try #require(try self.slots(client).first)
            #expect(slot["id"] == .text("r") && slot["state"] == .text("connected") && slot["cause"] == nil)
            #expect(slot["history"] == .text(stream.history) && slot["shard"] == .integer(0))
            #expect(slot["restart"] == .integer(11) && slot["lag"] == .integer(Int64(stream.position) - 12))
            try server.wait(for: "the log") { try self.slots(client).first?["retained_bytes"]?.number ?? 0 > 500 }
            #expect(slot["bytes_left"]?.number ?? 0 > 1 << 30)
            #expect(
                try client.command("REPL.SLOTS", "DROP", "r")
                    == .error("ERR the replica 'r' is connected: stop it first, or end it with CLIENT KILL")
            )
            replica.close()
            try server.wait(for: "the replica to be away") { try self.slots(client).first?["state"] == .text("away") }
            #expect(try client.command("REPL.SLOTS", "DROP", "x") == .error("ERR no slot with the id 'x'"))
            #expect(try client.command("REPL.SLOTS", "DROP", "r") == .simple("OK"))
            #expect(try client.command("REPL.SLOTS") == .array([]))
            #expect(try client.command("REPL.SLOTS", "DROP", "r").isError)
            #expect(try client.command("REPL.SLOTS", "NOPE").isError)
        }
    }

    @Test("slots survive an orderly end, and a kill a second after the last change")
    func restart() throws {
        var killed = self.folder
        let expected = ["a": (7, 9), "b": (20, 20)] as [String: (Int64, Int64)]
        func expectSlots(_ client: TestClient, _ history: String) throws {
            let slots = try self.slots(client)
            #expect(slots.count == 2)
            for slot in slots {
                let known = try #require(expected[slot["id"]?.text ?? ""])
                #expect(slot["state"] == .text("away") && slot["history"] == .text(history))
                #expect(slot["restart"] == .integer(known.0) && slot["confirmed"] == .integer(known.1))
            }
        }
        var history = ""
        try TestServer.run(in: self.folder, ["log-sync": "always"]) { server in
            let client = try server.client()
            try Scribe(client).write(20)
            history = try server.streams(through: client)[0].history
            let replicas = try ["a", "b"].map { try server.replica($0, from: 5, history: history).connection }
            try replicas[0].send("REPLCONF ACK 9 7\r\n")
            try replicas[1].send("REPLCONF ACK 20 20\r\n")
            try server.wait(for: "the slots to be saved") {
                let text = (try? self.folder.read("shard-0/slots.json")).map { String(decoding: $0, as: UTF8.self) }
                return text?.contains("\"confirmed\":9") == true && text?.contains("\"confirmed\":20") == true
            }
            killed = try self.folder.copy()
        }
        for folder in [self.folder, killed] {
            try TestServer.run(in: folder, ["log-sync": "always"]) { server in
                let client = try server.client()
                try expectSlots(client, history)
                let (back, _) = try server.replica("a", from: 9, history: history)
                try Follower(back, after: 9).read(
                    to: 20,
                    (1...20).map { TestClient.encoded(["SET", Scribe.key($0), Scribe.value($0)]) }
                )
            }
        }
    }

    @Test(
        "slots that cannot be read are set aside, and the server starts without them",
        arguments: ["garbage", "", "[]"]
    )
    func corrupt(text: String) throws {
        try TestServer.run(in: self.folder) { server in
            let client = try server.client()
            try Scribe(client).write(20)
            let (replica, _) = try server.replica("a")
            try server.wait(for: "the slot") { try self.slots(client).count == 1 }
            replica.close()
        }
        try self.folder.write("shard-0/slots.json", text)
        let journal = Journal()
        try TestServer.run(in: self.folder, journal: journal) { server in
            let client = try server.client()
            #expect(try self.slots(client).isEmpty)
            try client.expectKeys(20)
        }
        let aside = try self.folder.files(in: "shard-0").filter { $0.hasPrefix("slots.json.corrupt-") }
        #expect(aside.count == 1)
        #expect(try self.folder.read("shard-0/" + (aside.first ?? "")) == Array(text.utf8))
        let line = try #require(journal.line(with: "set aside"))
        #expect(line.hasPrefix("error: ") && line.contains(aside.first ?? "?"))
        // What it saves then is whole again.
        let quiet = Journal()
        try TestServer.run(in: self.folder, journal: quiet) { _ in }
        #expect(quiet.line(with: "set aside") == nil)
    }

    @Test("a slot that lags too much is lost with a warning, and its replica is refused with what to do")
    func invalidated() throws {
        let journal = Journal()
        let settings = ["slot-max-lag": "10", "log-sync": "always"]
        var history = ""
        try TestServer.run(in: self.folder, settings, journal: journal) { server in
            let client = try server.client()
            try Scribe(client).write(5)
            history = try server.streams(through: client)[0].history
            let (replica, _) = try server.replica("a", from: 5, history: history)
            try replica.send("REPLCONF ACK 5 5\r\n")
            try server.wait(for: "the acknowledgement") { try self.slots(client).first?["lag"] == .integer(0) }
            replica.close()
            try Scribe(client, after: 5).write(10)
            #expect(try self.slots(client).first?["lag"] == .integer(10), "so much it may lag")
            try Scribe(client, after: 15).write(1)
            try server.wait(for: "the slot to be lost") {
                try self.slots(client).first?["state"] == .text("invalidated")
            }
            let slot = try #require(try self.slots(client).first)
            #expect(slot["cause"] == .text("horizon") && slot["retained_bytes"] == .integer(0))
            #expect(try server.number("snapshots_slot_invalidated", through: client) == 0)
        }
        #expect(journal.line(with: "a slot was lost")?.contains("cause=horizon, replica=a") == true)
        try TestServer.run(in: self.folder, settings) { server in
            let client = try server.client()
            #expect(try self.slots(client).first?["state"] == .text("invalidated"), "it stays lost")
            let (replica, _) = try server.replica("a", from: 5, history: history)
            #expect(try ReceivedSnapshot(replica).position == 16)
            #expect(try server.number("snapshots_slot_invalidated", through: client) == 1)
            try server.wait(for: "the snapshot to make it valid") {
                try self.slots(client).first?["state"] == .text("connected")
            }
            replica.close()
            try server.wait(for: "it to go") { try self.slots(client).first?["state"] == .text("away") }
            #expect(try client.command("REPL.SLOTS", "DROP", "a") == .simple("OK"))
            let again = try server.replica("a", from: 5, history: history)
            #expect(again.answer == .simple("ACK 5 \(history)"), "without a slot it is a newcomer")
        }
    }

    @Test("more replicas than slots are told so")
    func full() throws {
        try TestServer.run(["max-slots": "2"]) { server in
            let client = try server.client()
            _ = try client.command("SET", "k", "v")
            let links = try ["a", "b"].map { try server.replica($0).connection }
            try server.wait(for: "both") { try self.slots(client).count == 2 }
            let (third, _) = try server.replica("c")
            #expect(try third.untilClosed().hasSuffix("raise --max-slots\r\n"))
            try server.wait(for: "its end") { try server.number("connected_slaves", through: client) == 2 }
            links[0].close()
            try server.wait(for: "one to go") { try server.number("connected_slaves", through: client) == 1 }
            #expect(try client.command("REPL.SLOTS", "DROP", "a") == .simple("OK"))
            let (fourth, _) = try server.replica("c")
            #expect(try fourth.bytes(10).count == 10)
        }
    }

    @Test(
        "REPL.TOPOLOGY names ports, histories, positions and replicas, and its epoch rises with changes",
        arguments: [1, 2]
    )
    func topology(shards: Int) throws {
        try TestServer.run(in: self.folder, shards: shards) { server in
            let client = try server.client()
            func topology() throws -> [String: Reply] { try client.command("REPL.TOPOLOGY").fields }
            try Scribe(client, shards: shards).write(10)
            let first = try topology()
            #expect(first["shards"] == .integer(Int64(shards)))
            let streams = try server.streams(through: client)
            #expect(streams.map(\.port) == server.server.replicationPorts.map(Int64.init))
            #expect(Set(streams.map(\.history)).count == shards && streams.reduce(0) { $0 + $1.position } == 10)
            let connection = try server.replicationPort()
            try connection.send("REPLICATE FROM 0 ID r HISTORY \(String(repeating: "0", count: 40)) REGION eu\r\n")
            _ = try connection.reply()
            try connection.send("REPLCONF ACK 3 2\r\nREPLCONF STATE 0 0 1\r\n")
            var replica: [String: Reply] = [:]
            try server.wait(for: "the replica") {
                let stream = try topology()["streams"]?.elements.first?.fields
                replica = stream?["replicas"]?.elements.first?.fields ?? [:]
                return replica["rebootstrapping"] == .integer(1)
            }
            #expect(replica["id"] == .text("r") && replica["region"] == .text("eu"))
            #expect(replica["connected"] == .integer(1) && replica["healthy"] == .integer(1))
            #expect(replica["applied"] == .integer(3) && replica["durable"] == .integer(2))
            let epoch = try #require(try topology()["epoch"]?.number)
            #expect(epoch > first["epoch"]?.number ?? .max)
            #expect(try topology()["epoch"]?.number == epoch, "nothing has changed")
            connection.close()
            try server.wait(for: "the epoch to rise") { try topology()["epoch"]?.number ?? 0 > epoch }
        }
    }
}
