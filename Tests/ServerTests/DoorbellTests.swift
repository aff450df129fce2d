import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import Server

@Suite struct DoorbellTests {
    @Test("who rings is called after everything that was given to the loop, and after what that gave to it")
    func order() throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        defer { try? group.syncShutdownGracefully() }
        let loop = group.next()
        let bell = try Doorbell(on: loop)
        let rung = loop.makePromise(of: Int.self)
        let executed = Mutex(0)
        @Sendable func goOn(_ left: Int) {
            executed.withLock { $0 += 1 }
            if left > 1 { loop.execute { goOn(left - 1) } }
        }
        loop.execute {
            #expect(bell.ring { rung.succeed(executed.withLock { $0 }) })
            goOn(1000)
        }
        #expect(try rung.futureResult.wait() == 1000)
    }

    @Test("who rings while called is called again, with the sockets in between")
    func again() throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        defer { try? group.syncShutdownGracefully() }
        let loop = group.next()
        let (first, second) = (try Doorbell(on: loop), try Doorbell(on: loop))
        let calls = Mutex<[String]>([])
        let done = loop.makePromise(of: Void.self)
        @Sendable func call(_ bell: Doorbell, _ name: String, _ left: Int) {
            _ = bell.ring {
                calls.withLock { $0.append(name) }
                if left > 1 { return call(bell, name, left - 1) }
                if calls.withLock({ $0.count }) == 20 { done.succeed() }
            }
        }
        loop.execute {
            call(first, "a", 10)
            call(second, "b", 10)
        }
        try done.futureResult.wait()
        // Neither gets ahead of the other by more than a turn.
        for count in 1...20 {
            let seen = calls.withLock { $0.prefix(count) }
            #expect(abs(seen.count { $0 == "a" } - seen.count { $0 == "b" }) <= 2)
        }
    }

    @Test("a loop that has ended calls nobody")
    func ended() throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        let bell = try Doorbell(on: loop)
        try group.syncShutdownGracefully()
        #expect(!bell.ring {})
    }
}
