// What each write replicates: the same outcome on any replica at any time, and nothing when nothing changed. The clock stands
// at 1000 ms; `old` ends at 500 and is still in place, `soon` ends at 9000, `n` is 10 and lasts.

import Testing

@testable import Keyspace

@Suite struct MutationTests {
    @Test(
        "A write replicates what replays the same",
        arguments: [
            ("SET a b", ["SET a b"]),
            ("SET a b EX 2", ["SET a b PXAT 3000"]),
            ("SET a b EXAT 2", ["SET a b PXAT 2000"]),
            ("SET soon b KEEPTTL", ["SET soon b PXAT 9000"]),
            ("SET n b NX", []),
            ("SET a b XX", []),
            ("SET a b NX GET", ["SET a b"]),
            ("SET n b PXAT 999", ["DEL n"]),
            ("SET a b PXAT 999", []),
            ("SET old b", ["DEL old", "SET old b"]),
            ("SETNX n b", []),
            ("SETNX a b", ["SET a b"]),
            ("SETEX a 3 b", ["SET a b PXAT 4000"]),
            ("PSETEX a 3 b", ["SET a b PXAT 1003"]),
            ("SETEX a 0 b", []),
            ("GETSET n b", ["SET n b"]),
            ("GETDEL n", ["DEL n"]),
            ("GETDEL a", []),
            ("GETDEL old", ["DEL old"]),
            ("GETEX n", []),
            ("GETEX n EX 1", ["PEXPIREAT n 2000"]),
            ("GETEX n PXAT 1", ["DEL n"]),
            ("GETEX n PERSIST", []),
            ("GETEX soon PERSIST", ["PERSIST soon"]),
            ("MSET a b n c", ["MSET a b n c"]),
            ("MSET old b", ["DEL old", "MSET old b"]),
            ("MSETNX a b n c", []),
            ("MSETNX a b old c", ["DEL old", "MSETNX a b old c"]),
            ("APPEND n 1", ["APPEND n 1"]),
            ("APPEND n \"\"", []),
            ("APPEND a \"\"", ["APPEND a "]),
            ("SETRANGE n 1 x", ["SETRANGE n 1 x"]),
            ("SETRANGE n 1 \"\"", []),
            ("INCR n", ["INCR n"]),
            ("INCR old", ["DEL old", "INCR old"]),
            ("INCRBYFLOAT n 0.5", ["SET n 10.5"]),
            ("INCRBYFLOAT soon 1", ["SET soon 2 PXAT 9000"]),
            ("DEL n a", ["DEL n a"]),
            ("DEL old n", ["DEL old", "DEL old n"]),
            ("DEL old", ["DEL old"]),
            ("DEL a b", []),
            ("UNLINK n", ["UNLINK n"]),
            ("RENAME n a", ["RENAME n a"]),
            ("RENAME n n", []),
            ("RENAME n old", ["DEL old", "RENAME n old"]),
            ("RENAMENX n soon", []),
            ("COPY n a", ["COPY n a"]),
            ("COPY n soon", []),
            ("COPY n soon REPLACE", ["COPY n soon REPLACE"]),
            ("EXPIRE n 1", ["PEXPIREAT n 2000"]),
            ("EXPIRE n -1", ["DEL n"]),
            ("EXPIRE n 1 XX", []),
            ("EXPIRE soon 1 GT", []),
            ("PEXPIRE soon 1 LT", ["PEXPIREAT soon 1001"]),
            ("EXPIREAT a 99", []),
            ("PERSIST n", []),
            ("PERSIST soon", ["PERSIST soon"]),
            ("FLUSHALL", ["FLUSHALL"]),
            ("FLUSHDB ASYNC", ["FLUSHALL"]),
            ("GET old", ["DEL old"]),
            ("TTL old", ["DEL old"]),
            ("KEYS *", ["DEL old"]),
            ("SCAN 0 COUNT 1000", ["DEL old"]),
            ("GET n", []),
        ]
    )
    func replicates(line: String, expected: [String]) {
        let session = Session.withExpiries()
        session.ask(line)
        #expect(session.mutations == expected)
    }

    @Test(
        "A write to a collection replicates what replays the same",
        arguments: [
            ("HSET h f 2 g 3", ["HSET h f 2 g 3"]),
            ("HSET oldh f 1", ["DEL oldh", "HSET oldh f 1"]),
            ("HSETNX h f 2", []),
            ("HSETNX h g 2", ["HSETNX h g 2"]),
            ("HDEL h nosuch", []),
            ("HDEL h f", ["HDEL h f"]),
            ("HINCRBY h f 5", ["HINCRBY h f 5"]),
            ("HINCRBYFLOAT h f 0.5", ["HSET h f 1.5"]),
            ("HINCRBYFLOAT h f x", []),
            ("RPUSH l x", ["RPUSH l x"]),
            ("LPUSHX nosuch x", []),
            ("LPOP l", ["LPOP l"]),
            ("LPOP l 0", []),
            ("LPOP oldh", ["DEL oldh"]),
            ("LTRIM l 0 -1", []),
            ("LTRIM l 1 1", ["LTRIM l 1 1"]),
            ("LREM l 0 nosuch", []),
            ("LREM l 0 a", ["LREM l 0 a"]),
            ("LINSERT l BEFORE nosuch x", []),
            ("LSET l 0 x", ["LSET l 0 x"]),
            ("LMOVE l l2 LEFT RIGHT", ["LMOVE l l2 LEFT RIGHT"]),
            ("LMOVE l oldh LEFT RIGHT", ["DEL oldh", "LMOVE l oldh LEFT RIGHT"]),
            ("SADD s a", []),
            ("SADD s a d", ["SADD s a d"]),
            ("SREM s nosuch", []),
            ("SPOP s 10", ["DEL s"]),
            ("SPOP one", ["DEL one"]),
            ("SPOP one 0", []),
            ("SRANDMEMBER s 2", []),
            ("SMOVE s one nosuch", []),
            ("SMOVE s one b", ["SMOVE s one b"]),
            ("SINTERSTORE none s nosuch", []),
            ("SINTERSTORE n s nosuch", ["SINTERSTORE n s nosuch"]),
            ("ZADD z 1 a", []),
            ("ZADD z GT 0 a", []),
            ("ZADD z CH 5 a 6 b", ["ZADD z CH 5 a 6 b"]),
            ("ZADD z INCR 0.1 a", ["ZADD z 1.1000000000000001 a"]),
            ("ZADD z NX INCR 1 a", []),
            ("ZINCRBY z 2 new", ["ZADD z 2 new"]),
            ("ZREM z nosuch", []),
            ("ZPOPMIN z", ["ZPOPMIN z"]),
            ("ZREMRANGEBYSCORE z 8 9", []),
            ("ZREMRANGEBYRANK z 0 0", ["ZREMRANGEBYRANK z 0 0"]),
            ("SET l x", ["SET l x"]),
            ("GET l", []),
            ("APPEND l x", []),
            ("RENAME l h", ["RENAME l h"]),
            ("COPY z other", ["COPY z other"]),
            ("EXPIRE s 1", ["PEXPIREAT s 2000"]),
        ]
    )
    func replicatesCollections(line: String, expected: [String]) {
        let session = Session.withExpiries()
        session.keyspace.now = 100
        for line in [
            "HSET h f 1", "HSET oldh f 9", "PEXPIREAT oldh 500", "RPUSH l a b c", "SADD s a b c", "SADD one x",
            "ZADD z 1 a 2 b 3 c",
        ] { session.ask(line) }
        session.keyspace.now = 1000
        session.ask(line)
        #expect(session.mutations == expected)
    }

    @Test("What SPOP chose is what it replicates and what is gone")
    func spopReplicatesItsChoice() {
        let session = Session()
        session.ask("SADD s a b c d e f g h")
        let popped = session.ask("SPOP s").split(separator: "|").last.map(String.init) ?? ""
        #expect(session.mutations == ["SREM s \(popped)"])
        #expect(session.ask("SISMEMBER s \(popped)") == ":0")
        let three = session.ask("SPOP s 3").split(separator: "|").filter { !$0.hasPrefix("*") && !$0.hasPrefix("$") }
        #expect(three.count == 3 && session.mutations == ["SREM s " + three.joined(separator: " ")])
        #expect(session.ask("SCARD s") == ":4")
    }

    @Test("Emptying what is empty replicates nothing")
    func emptyFlush() {
        let session = Session()
        #expect(session.ask("FLUSHALL") == "+OK")
        #expect(session.mutations.isEmpty)
    }

    @Test("On a replica a key ends by the primary's word alone, and reads pass over it")
    func replicaDecidesNothing() {
        let session = Session.withExpiries()
        session.keyspace.decidesExpiry = false
        #expect(session.ask("GET old") == "$-1")
        #expect(session.ask("EXISTS old n") == ":1")
        #expect(session.ask("TTL old") == ":-2")
        #expect(session.ask("KEYS o*") == "*0")
        #expect(session.ask("SCAN 0 COUNT 1000 MATCH o*") == "*2|$1|0|*0")
        #expect(!session.expireSlice())
        #expect(session.mutations.isEmpty)
        #expect(session.keyspace.count == 3)
        // The primary's commands meet the key as it was there.
        #expect(session.ask("APPEND old y") == ":2")
        #expect(session.ask("PEXPIREAT old 1") == ":1")
        #expect(session.keyspace.count == 3)
        #expect(session.ask("DEL old") == ":1")
    }
}
