// Keys with collections: what the commands leave behind besides their replies, which Redis itself is asked about elsewhere.

import Primitives
import RESP
import Testing

@testable import Keyspace

@Suite struct CollectionTests {
    private static let wrongType = "-WRONGTYPE Operation against a key holding the wrong kind of value"

    private static func session() -> Session {
        let session = Session()
        for line in ["SET string x", "RPUSH list a b c", "SADD set a b", "ZADD zset 1 a 2 b", "HSET hash f v"] {
            session.ask(line)
        }
        return session
    }

    @Test("A command on one kind of value refuses every other kind")
    func kinds() {
        let commands = [
            "string": ["GET", "STRLEN", "INCR", "GETDEL"], "list": ["LLEN", "LPOP", "RPOP"], "set": ["SCARD", "SPOP"],
            "zset": ["ZCARD", "ZPOPMIN"], "hash": ["HGETALL", "HLEN"],
        ]
        let session = Self.session()
        for (kind, names) in commands {
            for key in commands.keys.sorted() where key != kind {
                for name in names {
                    #expect(session.ask("\(name) \(key)") == Self.wrongType, "\(name) \(key)")
                    #expect(session.mutations.isEmpty)
                }
            }
        }
        #expect(session.keyspace.count == 5)
    }

    @Test("TYPE, SCAN and OBJECT tell kinds apart")
    func types() {
        let session = Self.session()
        for kind in ["string", "list", "set", "zset", "hash"] {
            #expect(session.ask("TYPE \(kind)") == "+\(kind)")
            #expect(session.ask("SCAN 0 COUNT 100 TYPE \(kind)") == "*2|$1|0|*1|$\(kind.count)|\(kind)")
        }
        #expect(session.ask("TYPE none") == "+none")
        #expect(session.ask("OBJECT ENCODING set") == "$9|hashtable")
        session.ask("SADD numbers 1 2 3")
        #expect(session.ask("OBJECT ENCODING numbers") == "$6|intset")
        session.ask("HSET hash f " + String(repeating: "x", count: 65))
        #expect(session.ask("OBJECT ENCODING hash") == "$9|hashtable")
    }

    @Test("A key goes with the last element of its collection")
    func empty() {
        let session = Self.session()
        for line in ["LTRIM list 1 0", "SREM set a b", "ZREMRANGEBYRANK zset 0 -1", "HDEL hash f", "DEL string"] {
            session.ask(line)
        }
        #expect(session.keyspace.count == 0)
    }

    @Test("SET overwrites any kind, and a copy goes its own way")
    func overwriting() {
        let session = Self.session()
        session.ask("COPY list copy")
        session.ask("RPUSH copy d")
        session.ask("LPOP list")
        #expect(session.ask("LRANGE list 0 -1") == "*2|$1|b|$1|c")
        #expect(session.ask("LRANGE copy 0 -1") == "*4|$1|a|$1|b|$1|c|$1|d")
        for key in ["list", "set", "zset", "hash", "copy"] { #expect(session.ask("SET \(key) y") == "+OK") }
        #expect(session.ask("MGET list set zset hash copy") == "*5" + String(repeating: "|$1|y", count: 5))
    }

    @Test("A collection keeps and loses its expiry as a string does")
    func expiry() {
        let session = Self.session()
        session.ask("PEXPIRE list 500")
        session.ask("RPUSH list d")
        #expect(session.ask("PTTL list") == ":500")
        session.ask("RENAME list other")
        #expect(session.ask("PTTL other") == ":500")
        session.ask("PERSIST other")
        #expect(session.ask("LLEN other") == ":4")
        session.ask("PEXPIRE other 500")
        session.keyspace.now += 500
        #expect(session.ask("RPUSH other x") == ":1")
        #expect(session.mutations == ["DEL other", "RPUSH other x"])
    }

    @Test("What is held of a collection does not change with it")
    func shallowCopies() {
        let session = Session()
        for index in 0..<5000 { session.ask("RPUSH list element:\(index)") }
        let held = "list".withBytes { key in session.keyspace.place(of: key).entry?.collection }
        session.ask("LTRIM list 100 200")
        session.ask("LSET list 0 changed")
        session.ask("DEL list")
        while session.releaseSlice() {}
        var index = 0
        _ = held?.visit(from: 0) {
            #expect($0.member.text == "element:\(index)")
            index += 1
            return true
        }
        #expect(index == 5000)
    }

    @Test(
        "A scan of a large collection meets all who stay, whatever comes and goes",
        arguments: ["SADD", "HSET", "ZADD"]
    )
    func scans(command: String) {
        let session = Session()
        func add(_ name: String) {
            session.ask(
                command == "SADD" ? "SADD key \(name)" : command == "HSET" ? "HSET key \(name) v" : "ZADD key 1 \(name)"
            )
        }
        for index in 0..<3000 { add("stays:\(index)") }
        let scan = command == "SADD" ? "SSCAN" : command == "HSET" ? "HSCAN" : "ZSCAN"
        var met: Set<Substring> = []
        var cursor: Substring = "0"
        var round = 0
        repeat {
            let parts = session.ask("\(scan) key \(cursor) COUNT 50").split(separator: "|")
            cursor = parts[2]
            #expect(parts.count < 300)
            met.formUnion(parts.filter { $0.hasPrefix("stays:") })
            for index in 0..<100 { add("comes:\(round):\(index)") }
            if round > 2 {
                for index in 0..<100 {
                    let removal = command == "SADD" ? "SREM" : command == "HSET" ? "HDEL" : "ZREM"
                    session.ask("\(removal) key comes:\(round - 2):\(index)")
                }
            }
            round += 1
        } while cursor != "0"
        #expect(round > 10)
        #expect(met.count == 3000)
    }

    @Test("A large collection that is gone is given back in slices")
    func release() {
        let session = Session()
        for start in stride(from: 0, to: 100_000, by: 500) {
            session.ask("SADD set " + (start..<(start + 500)).map { "member:\($0)" }.joined(separator: " "))
        }
        #expect(!session.releaseSlice())
        session.ask("DEL set")
        var slices = 1
        while session.releaseSlice() { slices += 1 }
        #expect(slices > 1)
        #expect(session.ask("EXISTS set") == ":0")
    }

    @Test("What is loaded is there, and a duplicate is refused")
    func loading() {
        var keyspace = Keyspace(seed: 1)
        func build(_ kind: ValueKind, _ members: [String]) -> Collection {
            var builder = keyspace.builder(kind)
            for member in members { #expect(member.withBytes { builder.append(member: $0, value: $0, score: 2) }) }
            if kind != .list { #expect(members[0].withBytes { !builder.append(member: $0, value: $0, score: 3) }) }
            return builder.finish()
        }
        for kind in [ValueKind.list, .set, .sortedSet, .hash] {
            let members = (0..<300).map { "\(kind):\($0)" }
            let collection = build(kind, members)
            #expect(collection.count == 300 && collection.kind == kind)
            "\(kind)".withBytes { key in
                let loads = [
                    keyspace.load(key, collection, expiry: nil), keyspace.load(key, collection, expiry: nil),
                    keyspace.load(key, key, expiry: nil),
                ]
                #expect(loads == [true, false, false])
                let entry = keyspace.place(of: key).entry
                #expect(entry?.kind == kind && entry?.collection?.count == 300)
            }
        }
        let empty = CollectionBuilder(kind: .set, seed: 1).finish()
        let loadsEmpty = "empty".withBytes { keyspace.load($0, empty, expiry: nil) }
        let loadsText = "text".withBytes { keyspace.load($0, $0, expiry: 9000) }
        #expect(!loadsEmpty && loadsText)
        #expect(keyspace.count == 5 && keyspace.expiringCount == 1)
    }
}
