import Primitives
import Testing

@testable import Keyspace

@Suite struct ExpiryTests {
    @Test("Slices remove all that is due and nothing else, each key with a DEL")
    func slices() {
        let session = Session(now: 0)
        for index in 0..<5000 { session.ask("SET key:\(index) v PXAT \(1000 + index)") }
        for index in 0..<5000 { session.ask("SET lasting:\(index) v") }
        session.keyspace.now = 3499
        session.keyspace.mutations.removeAll()
        var mutations = 0
        var slices = 0
        repeat {
            slices += 1
            let before = session.keyspace.mutations.count
            let goesOn = session.expireSlice(segments: 4, limit: 50)
            let removed = session.keyspace.mutations.count - before
            #expect(removed <= 50)
            mutations += removed
            if !goesOn, slices > 200 { break }
        } while true
        #expect(mutations == 2500)
        #expect(session.keyspace.count == 7500)
        #expect(session.keyspace.expiringCount == 2500)
        #expect(session.keyspace.statistics.expired == 2500)
        #expect(session.ask("EXISTS key:2499 key:2500") == ":1")
    }

    @Test("A slice with nothing due looks at no entry, and one with no expiry at no segment")
    func idleSlices() {
        let session = Session(now: 0)
        session.ask("SET a v")
        #expect(!session.expireSlice())
        session.ask("SET b v PXAT 50")
        #expect(!session.expireSlice())
        #expect(session.keyspace.count == 2)
        session.keyspace.now = 50
        #expect(!session.expireSlice())
        #expect(session.keyspace.count == 1)
    }

    @Test("An expiry that is brought forward is met by the next slice")
    func broughtForward() {
        let session = Session(now: 0)
        session.ask("SET a v PXAT 100000")
        session.keyspace.now = 10
        #expect(!session.expireSlice())
        session.ask("PEXPIREAT a 20")
        session.keyspace.now = 20
        #expect(!session.expireSlice())
        #expect(session.keyspace.count == 0)
    }

    @Test("Times at the end of time neither overflow nor trap")
    func farTimes() {
        let session = Session(now: 1_700_000_000_000)
        #expect(session.ask("SET a v PXAT 9223372036854775807") == "+OK")
        #expect(session.ask("PEXPIRETIME a") == ":9223372036854775807")
        #expect(session.ask("EXPIRETIME a") == ":9223372036854776")
        #expect(session.ask("SET a v PX 9223372036854775807") == "-ERR invalid expire time in 'set' command")
        #expect(session.ask("EXPIRE a 9223372036854775807") == "-ERR invalid expire time in 'expire' command")
        #expect(session.ask("EXPIRE a -9223372036854775808") == "-ERR invalid expire time in 'expire' command")
        #expect(session.ask("PEXPIRE a -9223372036854775808") == ":1")
        #expect(session.keyspace.count == 0)
    }
}
