import Primitives
import Replication
import Server
import Sockets
import Testing

/// Nodes that take one another's place.
@Suite struct PromotionTests {
    @Test(
        "a promoted replica begins a history that remembers the old one, and its siblings go on in it",
        arguments: [1, 2]
    )
    func siblings(shards: Int) throws {
        try TestServer.run(shards: shards) { old in
            let scribe = Scribe(try old.client(), shards: shards)
            try scribe.write(1000)
            let before = try old.streams(through: scribe.client)
            try TestServer.run(shards: shards, old.asPrimary) { heir in
                try TestServer.run(shards: shards, old.asPrimary) { sibling in
                    let (heirClient, siblingClient) = (try heir.client(), try sibling.client())
                    try heir.waitUntilEqual(to: old, heirClient, scribe.client)
                    try sibling.waitUntilEqual(to: old, siblingClient, scribe.client)
                    #expect(try heirClient.command("REPLICAOF", "NO", "ONE") == .simple("OK"))
                    let after = try heir.streams(through: heirClient)
                    for (stream, left) in zip(after, before) {
                        #expect(stream.history != left.history && stream.position == left.position)
                        #expect(stream.ancestors.last == .init(history: left.history, at: left.position))
                    }
                    let own = Scribe(heirClient, shards: shards, after: 1000)
                    try own.write(500)
                    #expect(
                        try siblingClient.command("REPLICAOF", "127.0.0.1", "\(heir.server.clientPort)")
                            == .simple("OK")
                    )
                    try sibling.waitUntilEqual(to: heir, siblingClient, heirClient)
                    #expect(try siblingClient.command("DBSIZE") == .integer(1500))
                    #expect(try sibling.streams(through: siblingClient).map(\.history) == after.map(\.history))
                    #expect(try heir.number("resumes_from_memory", through: heirClient) == shards)
                    #expect(try sibling.number("follower_snapshots_begun", through: siblingClient) == 0)
                }
            }
        }
    }

    @Test("a replica of a replica gets the same numbers, under the same history")
    func chain() throws {
        try TestServer.run { first in
            let scribe = Scribe(try first.client())
            try scribe.write(500)
            try TestServer.run(first.asPrimary) { middle in
                try TestServer.run(middle.asPrimary) { last in
                    let (middleClient, lastClient) = (try middle.client(), try last.client())
                    try middle.waitUntilEqual(to: first, middleClient, scribe.client)
                    try last.waitUntilEqual(to: first, lastClient, scribe.client)
                    try scribe.write(500)
                    try last.waitUntilEqual(to: first, lastClient, scribe.client)
                    let histories = try [(first, scribe.client), (middle, middleClient), (last, lastClient)].map {
                        try $0.streams(through: $1)[0].history
                    }
                    #expect(Set(histories).count == 1)
                    #expect(try lastClient.command("DBSIZE") == .integer(1000))
                    let (raw, _) = try last.replica("observer")
                    try Follower(raw).read(to: 1000, scribe.streams[0])
                    // The middle one takes over: the last one goes on with it.
                    #expect(try middleClient.command("REPLICAOF", "NO", "ONE") == .simple("OK"))
                    #expect(try middleClient.command("SET", "mine", "1") == .simple("OK"))
                    try last.waitUntilEqual(to: middle, lastClient, middleClient)
                    #expect(try lastClient.command("GET", "mine") == .text("1"))
                }
            }
        }
    }

    @Test(
        "either side may be started again, and the replica goes on where its log ends",
        arguments: ["always", "everysec"]
    )
    func restarts(sync: String) throws {
        let (mine, theirs) = (try DataFolder(), try DataFolder())
        let settings = ["log-sync": sync]
        var port: UInt16 = 0
        var scribe: Scribe?
        for round in 1...3 {
            try TestServer.run(in: mine, settings.merging(["port": "\(port)"]) { $1 }) { primary in
                port = primary.server.clientPort
                let client = try primary.client()
                let writer = Scribe(client, after: scribe?.count ?? 0)
                scribe = writer
                for _ in 0..<2 {
                    try TestServer.run(in: theirs, settings.merging(primary.asPrimary) { $1 }) { replica in
                        let reader = try replica.client()
                        try writer.write(300)
                        try replica.waitUntilEqual(to: primary, reader, client)
                        #expect(try reader.command("DBSIZE") == .integer(Int64(writer.count)))
                        #expect(try replica.number("follower_snapshots_begun", through: reader) == 0)
                    }
                }
                #expect(try primary.info("handshakes_malformed", through: client) == "0", "round \(round)")
            }
        }
    }

    @Test("a node that was a replica and starts as a primary numbers under a history of its own")
    func formerReplica() throws {
        let folder = try DataFolder()
        try TestServer.run { primary in
            let client = try primary.client()
            _ = try client.command("SET", "a", "1")
            let history = try primary.streams(through: client)[0].history
            try TestServer.run(in: folder, ["log-sync": "always"].merging(primary.asPrimary) { $1 }) { replica in
                let reader = try replica.client()
                try replica.waitUntilEqual(to: primary, reader, client)
                #expect(try replica.streams(through: reader)[0].history == history)
            }
            try TestServer.run(in: folder, ["log-sync": "always"]) { node in
                let own = try node.client()
                let stream = try node.streams(through: own)[0]
                #expect(stream.history != history && stream.ancestors.last == .init(history: history, at: 1))
                #expect(try own.command("SET", "b", "1") == .simple("OK"))
            }
        }
    }
}
