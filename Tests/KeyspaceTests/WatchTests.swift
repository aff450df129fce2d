// A watched key has changed after whatever changes it, and after nothing else. The clock stands at 1000 ms; `soon` ends at
// 9000, `old` ended at 500 and is still in place, `n` is 10, lasts, and is watched.

import Testing

@testable import Keyspace

@Suite struct WatchTests {
    @Test(
        "a watched key has changed after whatever changes it",
        arguments: [
            "SET n 10", "SET n 5 PXAT 5000", "DEL n", "UNLINK n soon", "GETDEL n", "GETSET n 1", "APPEND n 1", "INCR n",
            "INCRBYFLOAT n 1", "SETRANGE n 0 5", "SETRANGE n 9 x", "MSET a 1 n 1", "RENAME n a", "RENAME soon n",
            "RENAMENX n a", "COPY soon n REPLACE", "EXPIRE n 10", "EXPIRE n -1", "PEXPIREAT n 1", "SETEX n 5 1",
            "GETEX n EX 10", "GETEX n PXAT 1", "FLUSHALL", "FLUSHDB ASYNC",
        ]
    )
    func changed(line: String) {
        let session = Session.withExpiries()
        #expect(session.watch("n", by: 7))
        #expect(!session.hasChanged(for: 7))
        session.ask(line)
        #expect(session.hasChanged(for: 7))
        #expect(!session.hasChanged(for: 8))
    }

    @Test(
        "a watched key has not changed after what leaves it as it is",
        arguments: [
            "GET n", "SET a 1", "SET n 1 NX", "DEL a soon", "EXPIRE n 10 XX", "PERSIST n", "GETEX n",
            "SETRANGE n 0 \"\"",
            "COPY n a", "COPY soon n", "RENAMENX soon n", "RENAME n n", "MSETNX a 1 n 1", "INCR soon", "TTL n",
            "GET old",
            "KEYS *", "SCAN 0 COUNT 1000", "SETEX n 0 x",
        ]
    )
    func unchanged(line: String) {
        let session = Session.withExpiries()
        #expect(session.watch("n", by: 7))
        session.ask(line)
        #expect(!session.hasChanged(for: 7))
    }

    @Test("a key that was not there has changed once it is, and not when everything is removed")
    func absent() {
        let session = Session.withExpiries()
        #expect(session.watch("fresh", by: 7) && session.watch("old", by: 7))
        session.ask("DEL fresh")
        session.ask("FLUSHALL")
        #expect(!session.hasChanged(for: 7))
        session.ask("SET fresh 1")
        #expect(session.hasChanged(for: 7))
    }

    @Test("a key whose time comes while it is watched has changed, whether it was removed or only has ended")
    func ended() {
        let session = Session.withExpiries()
        #expect(session.watch("soon", by: 7) && session.watch("soon", by: 8))
        session.keyspace.now = 8999
        #expect(!session.hasChanged(for: 7))
        session.keyspace.now = 9000
        #expect(session.hasChanged(for: 7))
        session.ask("GET soon")
        session.keyspace.now = 8000
        #expect(session.hasChanged(for: 8))
    }

    @Test("on a replica, a key that has ended and lies there still may be watched, and its removal is a change")
    func replica() {
        let session = Session.withExpiries()
        session.keyspace.decidesExpiry = false
        #expect(session.watch("old", by: 7))
        #expect(!session.hasChanged(for: 7))
        session.ask("DEL old")
        #expect(session.hasChanged(for: 7))
    }

    @Test("every watcher of a key learns of its change, and nobody who has stopped watching")
    func watchers() {
        let session = Session.withExpiries()
        for watcher in 1...100 { #expect(session.watch("n", by: Int64(watcher))) }
        for watcher in 1...100 where watcher % 3 == 0 { session.keyspace.unwatch(Int64(watcher)) }
        session.ask("INCR n")
        for watcher in 1...100 {
            #expect(session.hasChanged(for: Int64(watcher)) == (watcher % 3 != 0))
            session.keyspace.unwatch(Int64(watcher))
        }
        let isActive = session.keyspace.watches.isActive
        #expect(!isActive)
    }

    @Test("one client watches no more keys than the limit, and a write costs the others nothing when it stops")
    func limit() {
        let session = Session.withExpiries()
        for number in 0..<Watches.mostKeys { #expect(session.watch("k\(number)", by: 7)) }
        #expect(!session.watch("one more", by: 7))
        #expect(session.watch("k0", by: 7) && session.watch("one more", by: 8))
        session.keyspace.unwatch(7)
        session.keyspace.unwatch(8)
        let isActive = session.keyspace.watches.isActive
        #expect(!isActive)
        session.ask("SET k1 1")
        #expect(!session.hasChanged(for: 7))
    }
}
