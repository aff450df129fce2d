import Primitives
import ReplicationLog
import Testing

@testable import Replication

@Suite struct HistoryRecordTests {
    private static let old = History(seed: 1)
    private static let fresh = History(seed: 2)

    private static func start(
        mark: Position?,
        tip: Position,
        sync: LogSync,
        ancestors: [Ancestor] = []
    ) -> HistoryStart {
        let previous = HistoryRecord(history: Self.old, ancestors: ancestors, cleanShutdown: mark, sync: sync)
        return HistoryStart.decide(previous: previous, recoveredTip: tip, fresh: Self.fresh, sync: .everysec)
    }

    @Test("the first start begins a history without ancestors")
    func first() {
        let start = HistoryStart.decide(previous: nil, recoveredTip: 7, fresh: Self.fresh, sync: .always)
        #expect(start.reason == .firstStart)
        #expect(start.record == HistoryRecord(history: Self.fresh, sync: .always))
    }

    @Test(
        "a history goes on where nobody can hold more than the disk, and otherwise a new one leaves it at the tip",
        arguments: [
            (100, 100, .no, .cleanShutdown), (100, 100, .everysec, .cleanShutdown),
            (100, 100, .always, .cleanShutdown), (0, 0, .no, .cleanShutdown),
            (nil, 100, .always, .sentWhatWasSynced), (nil, 0, .always, .sentWhatWasSynced),
            (nil, 100, .everysec, .replicasMayHoldMore), (nil, 0, .no, .replicasMayHoldMore),
            // The log was cut, or has grown, behind the node's back.
            (100, 99, .everysec, .replicasMayHoldMore), (100, 101, .no, .replicasMayHoldMore),
            (100, 101, .always, .sentWhatWasSynced),
            // Whatever was promised: it ended at 100 in order, and 100 is not there.
            (100, 99, .always, .replicasMayHoldMore), (100, 0, .always, .replicasMayHoldMore),
        ] as [(Position?, Position, LogSync, HistoryStart.Reason)]
    )
    func table(mark: Position?, tip: Position, sync: LogSync, reason: HistoryStart.Reason) {
        let start = Self.start(mark: mark, tip: tip, sync: sync)
        #expect(start.reason == reason)
        // A crash from now on must find no mark, and the promise of this run.
        #expect(start.record.cleanShutdown == nil && start.record.sync == .everysec)
        if reason == .replicasMayHoldMore {
            #expect(start.record.history == Self.fresh)
            #expect(start.record.ancestors == [Ancestor(history: Self.old, left: tip)])
        } else {
            #expect(start.record.history == Self.old && start.record.ancestors.isEmpty)
        }
    }

    @Test("a history left early leaves its ancestors as early, because what followed is numbered anew")
    func earlierAncestors() {
        let ancestors = [Ancestor(history: History(seed: 8), left: 50), Ancestor(history: History(seed: 9), left: 90)]
        let start = Self.start(mark: nil, tip: 80, sync: .no, ancestors: ancestors)
        #expect(start.record.ancestors.map(\.left) == [50, 80, 80])
        #expect(start.record.ancestors.map(\.history) == [History(seed: 8), History(seed: 9), Self.old])
    }

    @Test(
        "a node that follows keeps the history, whatever became of it; one that followed before does not go on with it"
    )
    func followed() {
        let own = HistoryRecord(history: Self.old, sync: .everysec)
        let fresh = History(seed: 20)
        func decide(_ previous: HistoryRecord?, isFollower: Bool, lost: Bool = false) -> HistoryStart {
            HistoryStart.decide(
                previous: previous,
                recoveredTip: 5,
                fresh: fresh,
                sync: .always,
                wereRecordsLost: lost,
                isFollower: isFollower
            )
        }
        for previous in [own, own.followed()] {
            for lost in [false, true] {
                let start = decide(previous, isFollower: true, lost: lost)
                #expect(start.reason == .follows && start.record.history == Self.old && start.record.isFollowed)
            }
        }
        var stopped = own.followed()
        stopped.cleanShutdown = 5
        stopped.sync = .always
        let alone = decide(stopped, isFollower: false)
        #expect(alone.reason == .followedBefore && !alone.record.isFollowed)
        #expect(alone.record.history == fresh && alone.record.ancestors == [Ancestor(history: Self.old, left: 5)])
        #expect(decide(nil, isFollower: true).record.isFollowed && !decide(nil, isFollower: false).record.isFollowed)
    }

    @Test("at most 64 ancestors are kept, the latest")
    func cap() {
        var record = HistoryRecord(history: History(seed: 0), sync: .no)
        for seed in 1...100 as ClosedRange<UInt64> { record = record.left(at: seed, for: History(seed: seed)) }
        #expect(record.ancestors.count == 64)
        #expect(record.ancestors.first == Ancestor(history: History(seed: 36), left: 37))
        #expect(record.ancestors.last == Ancestor(history: History(seed: 99), left: 100))
    }

    @Test("a record comes back from its file as it went in", arguments: [nil, 0, 20, UInt64.max] as [Position?])
    func roundTrip(mark: Position?) throws {
        let ancestors = [Ancestor(history: History(seed: 5), left: .max), Ancestor(history: History(seed: 6), left: 0)]
        for sync in LogSync.allCases {
            let record = HistoryRecord(history: Self.old, ancestors: ancestors, cleanShutdown: mark, sync: sync)
            #expect(try HistoryRecord(json: record.json) == record)
            #expect(try HistoryRecord(json: record.followed().json) == record.followed())
        }
    }

    @Test("a file of a newer format says which program can read it")
    func newer() {
        let text = String(decoding: HistoryRecord(history: Self.old, sync: .no).json, as: UTF8.self)
        let newer = text.split(separator: "\"version\" : 1").joined(separator: "\"version\" : 2")
        let error = #expect(throws: NodeFileError.self) { try HistoryRecord(json: Array(newer.utf8)) }
        #expect(error?.code == .versionTooNew)
        #expect(error?.description.contains("history.json has format version 2") == true)
        let never = text.split(separator: "\"version\" : 1").joined(separator: "\"version\" : 0")
        #expect(throws: NodeFileError.self) { try HistoryRecord(json: Array(never.utf8)) }
    }

    @Test(
        "what is no record is refused",
        arguments: [
            "", "{}", "[]", "{\"version\": 1}",
            #"{"version": 1, "history": "12", "ancestors": [], "sync": "no"}"#,
            #"{"version": 1, "history": "0000000000000000000000000000000000000000", "ancestors": [], "sync": "no"}"#,
            #"{"version": 1, "history": "1000000000000000000000000000000000000000", "ancestors": [], "sync": "x"}"#,
            #"{"version": 1, "history": "1000000000000000000000000000000000000000", "sync": "no"}"#,
            """
            {"version": 1, "history": "1000000000000000000000000000000000000000", "sync": "no",
             "ancestors": [{"history": "z", "left": 1}]}
            """,
            """
            {"version": 1, "history": "1000000000000000000000000000000000000000", "sync": "no",
             "ancestors": [{"history": "1000000000000000000000000000000000000000", "left": -1}]}
            """,
        ]
    )
    func damaged(text: String) {
        let error = #expect(throws: NodeFileError.self) { try HistoryRecord(json: Array(text.utf8)) }
        #expect(error?.code == .malformed)
    }
}
