import Primitives
import Testing

@testable import Replication

@Suite struct ReplicaRegistryTests {
    private static func request(_ id: String, at position: Position = 0, region: String? = nil) -> HandshakeRequest {
        HandshakeRequest(position: position, id: id, history: History.none, region: region)
    }

    @Test("a replica that comes back updates its row in place")
    func inPlace() {
        var registry = ReplicaRegistry()
        registry.linkOpened(number: 1, request: Self.request("a", at: 5, region: "eu"), now: 10)
        registry.linkReported(number: 1, .acknowledged(applied: 9, durable: 8), tip: 100, now: 20)
        registry.linkReported(number: 1, .acknowledged(applied: 7, durable: nil), tip: 100, now: 25)
        registry.linkReported(
            number: 1,
            .state(applyErrors: 2, divergences: 3, isRebootstrapping: true),
            tip: 100,
            now: 30
        )
        registry.linkSent(number: 1, to: 50)
        registry.linkSent(number: 1, to: 40)
        var status = registry["a"]
        #expect(status?.acknowledged == 9 && status?.durable == 8 && status?.sent == 50)
        #expect(status?.applyErrors == 2 && status?.divergences == 3 && status?.isRebootstrapping == true)
        #expect(status?.connectedSince == 10 && status?.lastSeen == 30 && status?.region == "eu")

        // Behind where it was: it lost something, and that is what the registry must say.
        registry.linkOpened(number: 2, request: Self.request("a", at: 6, region: "us"), now: 40)
        status = registry["a"]
        #expect(registry.replicas.count == 1)
        #expect(status?.acknowledged == 6 && status?.durable == 6 && status?.sent == 6)
        #expect(status?.isRebootstrapping == false, "a new link tells anew")
        #expect(status?.connectedSince == 40 && status?.region == "us" && status?.applyErrors == 2)
        // The older link no longer counts.
        registry.linkReported(number: 1, .acknowledged(applied: 99, durable: 99), tip: 100, now: 50)
        registry.linkClosed(number: 1, now: 50)
        #expect(registry["a"]?.acknowledged == 6 && registry["a"]?.isConnected == true)
        registry.linkReported(number: 2, .acknowledged(applied: .max, durable: .max), tip: 70, now: 60)
        #expect(registry["a"]?.acknowledged == 70 && registry["a"]?.durable == 70)
    }

    @Test("the topology epoch rises when a replica comes, goes, or flips, and never otherwise")
    func epoch() {
        var registry = ReplicaRegistry(reconnectWindow: 10_000)
        var epoch: UInt64 = 0
        func expect(_ rise: UInt64, _ what: Comment) {
            epoch += rise
            #expect(registry.topologyEpoch == epoch, what)
        }
        func report(_ link: UInt64, at now: Milliseconds) {
            registry.linkReported(number: link, .acknowledged(applied: 1, durable: 1), tip: 9, now: now)
        }
        func state(_ isRebootstrapping: Bool) {
            let errors: UInt64 = isRebootstrapping ? 1 : 2
            registry.linkReported(
                number: 2,
                .state(applyErrors: errors, divergences: 0, isRebootstrapping: isRebootstrapping),
                tip: 9,
                now: 4000
            )
        }
        registry.linkOpened(number: 1, request: Self.request("a"), now: 0)
        expect(1, "a replica is added")
        report(1, at: 100)
        expect(1, "it has acknowledged, so it is healthy")
        report(1, at: 200)
        registry.linkSent(number: 1, to: 9)
        registry.tick(now: 3200)
        expect(0, "three seconds are not too long")
        registry.linkOpened(number: 2, request: Self.request("a", region: "eu"), now: 3200)
        expect(0, "it connected again")
        registry.tick(now: 3201)
        expect(1, "it fell silent")
        registry.tick(now: 3300)
        registry.linkClosed(number: 1, now: 3300)
        expect(0, "nothing new")
        report(2, at: 4000)
        expect(1, "it is back")
        state(false)
        expect(0, "errors are no topology")
        state(true)
        state(true)
        expect(1, "it re-bootstraps")
        state(false)
        expect(1, "it has finished")
        registry.linkClosed(number: 2, now: 5000)
        expect(1, "it is gone, and so not healthy")
        registry.tick(now: 14_999)
        expect(0, "it may come back")
        registry.tick(now: 15_000)
        expect(1, "it did not")
        #expect(registry.replicas.isEmpty)
        registry.linkOpened(number: 3, request: Self.request("b"), now: 20_000)
        expect(1, "another one")
        registry.remove("b")
        expect(0, "it is connected")
        registry.linkClosed(number: 3, now: 20_000)
        expect(0, "it never was healthy")
        registry.remove("b")
        registry.remove("b")
        expect(1, "it was removed")
    }

    @Test("lag is the highest position sent less the lowest acknowledged, and the safe position the lowest durable")
    func progress() {
        var registry = ReplicaRegistry()
        #expect(registry.progress == RegistryProgress(lag: 0, safe: nil))
        for (link, id) in ["a", "b", "silent"].enumerated() {
            registry.linkOpened(number: UInt64(link), request: Self.request(id), now: 0)
        }
        registry.linkSent(number: 2, to: 60)
        #expect(registry.progress == RegistryProgress(lag: 0, safe: nil), "nobody has said anything")
        registry.linkSent(number: 0, to: 100)
        registry.linkReported(number: 0, .acknowledged(applied: 90, durable: 80), tip: 100, now: 1)
        registry.linkReported(number: 1, .acknowledged(applied: 40, durable: nil), tip: 100, now: 1)
        #expect(registry.progress == RegistryProgress(lag: 60, safe: 80))
        registry.linkReported(number: 1, .acknowledged(applied: 95, durable: 70), tip: 100, now: 1)
        #expect(registry.progress == RegistryProgress(lag: 10, safe: 70))
        // Acknowledged before anybody noted what was sent.
        var early = ReplicaRegistry()
        early.linkOpened(number: 1, request: Self.request("a"), now: 0)
        early.linkReported(number: 1, .acknowledged(applied: 30, durable: 30), tip: 100, now: 1)
        #expect(early.progress == RegistryProgress(lag: 0, safe: 30))
    }

    @Test("whoever holds a valid slot has a voice in the quorum, and whoever is connected is counted")
    func commitReplicas() throws {
        var registry = ReplicaRegistry()
        var slots = SlotTable.make { $0.maxRetainedBytes = 100 }
        func open(_ number: UInt64, _ id: String, region: String? = nil) throws {
            registry.linkOpened(number: number, request: Self.request(id, region: region), now: 0)
            try slots.open(number, id: id, region: region)
        }
        func report(_ number: UInt64, _ applied: Position, _ durable: Position?) {
            registry.linkReported(
                number: number,
                .acknowledged(applied: applied, durable: durable),
                tip: 500,
                now: 1
            )
            slots.acknowledge(number, applied, durable)
        }
        try open(1, "here", region: "eu")
        try open(2, "gone", region: "us")
        try open(3, "lost")
        try open(4, "silent")
        report(1, 450, 440)
        report(2, 470, 460)
        report(3, 20, 20)
        let losses = slots.enforceAll(tip: 540)
        #expect(losses.map(\.id) == ["lost", "silent"])
        report(3, 480, 470)
        registry.linkClosed(number: 2, now: 5)
        slots.linkClosed(number: 2, now: 5)
        #expect(
            registry.commitReplicas(slots) == [
                CommitReplica(applied: 450, durable: 440, region: "eu", isConnected: true, isMember: true),
                CommitReplica(applied: nil, durable: 460, region: "us", isConnected: false, isMember: true),
                CommitReplica(applied: 480, durable: 470, region: nil, isConnected: true, isMember: false),
                CommitReplica(applied: nil, durable: nil, region: nil, isConnected: true, isMember: false),
            ]
        )
    }
}
