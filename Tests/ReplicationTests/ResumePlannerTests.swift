import Primitives
import Testing

@testable import Replication

@Suite struct ResumePlannerTests {
    private static let ours = History(seed: 1)
    private static let foreign = History(seed: 2)
    private static let parent = History(seed: 3)
    private static let grandparent = History(seed: 4)

    @Test(
        "a position is answered by history, then tip, then memory",
        arguments: [
            // The short form claims no history.
            (nil, 100, .resume(.tip)), (nil, 99, .resume(.memory)), (nil, 40, .resume(.memory)),
            (nil, 39, .snapshot(.tooOld)), (nil, 0, .snapshot(.tooOld)),
            (nil, 101, .snapshot(.beyondTip)), (nil, UInt64(Int64.max), .snapshot(.beyondTip)),
            (ours, 100, .resume(.tip)), (ours, 40, .resume(.memory)), (ours, 39, .snapshot(.tooOld)),
            (ours, 101, .snapshot(.beyondTip)),
            // A foreign history is told before anything else.
            (foreign, 100, .snapshot(.foreignHistory)), (foreign, 0, .snapshot(.foreignHistory)),
            (foreign, 101, .snapshot(.foreignHistory)),
            // Who has nothing has no history either; who has something must say whose it is.
            (History.none, 0, .snapshot(.tooOld)), (History.none, 40, .snapshot(.foreignHistory)),
        ] as [(History?, Position, ResumePlan)]
    )
    func table(history: History?, position: Position, expected: ResumePlan) {
        let stream = StreamSummary(history: Self.ours, tip: 100, oldest: 40)
        let request = HandshakeRequest(position: position, id: "r", history: history)
        #expect(ResumePlanner.plan(request, stream) == expected)
    }

    @Test(
        "a replica behind the backlog resumes from the log, as far as that reaches back",
        arguments: [
            (100, .resume(.tip)), (99, .resume(.memory)), (40, .resume(.memory)), (39, .resume(.disk)),
            (10, .resume(.disk)), (9, .snapshot(.logRemoved)), (0, .snapshot(.logRemoved)),
            (101, .snapshot(.beyondTip)),
        ] as [(Position, ResumePlan)]
    )
    func disk(position: Position, expected: ResumePlan) {
        let stream = StreamSummary(history: Self.ours, tip: 100, oldest: 40, oldestOnDisk: 10)
        let request = HandshakeRequest(position: position, id: "r", history: Self.ours)
        #expect(ResumePlanner.plan(request, stream) == expected)
    }

    @Test("a log that begins later than the backlog takes nothing from it")
    func shortLog() {
        let stream = StreamSummary(history: Self.ours, tip: 100, oldest: 40, oldestOnDisk: 60)
        let request = HandshakeRequest(position: 40, id: "r", history: Self.ours)
        #expect(ResumePlanner.plan(request, stream) == .resume(.memory))
        let older = HandshakeRequest(position: 39, id: "r", history: Self.ours)
        #expect(ResumePlanner.plan(older, stream) == .snapshot(.logRemoved))
    }

    @Test(
        "a position in an ancestor resumes up to where that history was left",
        arguments: [
            (parent, 80, .resume(.memory)), (parent, 81, .snapshot(.foreignHistory)),
            (parent, 101, .snapshot(.foreignHistory)), (parent, 20, .resume(.disk)),
            (parent, 9, .snapshot(.logRemoved)),
            (grandparent, 50, .resume(.memory)), (grandparent, 51, .snapshot(.foreignHistory)),
            (grandparent, 0, .snapshot(.logRemoved)), (foreign, 10, .snapshot(.foreignHistory)),
        ] as [(History, Position, ResumePlan)]
    )
    func ancestors(history: History, position: Position, expected: ResumePlan) {
        let stream = StreamSummary(
            history: Self.ours,
            ancestors: [.init(history: Self.grandparent, left: 50), .init(history: Self.parent, left: 80)],
            tip: 100,
            oldest: 40,
            oldestOnDisk: 10
        )
        let request = HandshakeRequest(position: position, id: "r", history: history)
        #expect(ResumePlanner.plan(request, stream) == expected)
    }

    @Test("a history that was left at the tip resumes at the tip")
    func ancestorAtTip() {
        let left = [Ancestor(history: Self.parent, left: 100)]
        let stream = StreamSummary(history: Self.ours, ancestors: left, tip: 100, oldest: 100)
        let request = HandshakeRequest(position: 100, id: "r", history: Self.parent)
        #expect(ResumePlanner.plan(request, stream) == .resume(.tip))
    }

    @Test("an invalidated slot is told after history and tip, and before anything could be sent")
    func invalidatedSlot() {
        let stream = StreamSummary(history: Self.ours, tip: 100, oldest: 40, oldestOnDisk: 10)
        func plan(_ position: Position, _ history: History?) -> ResumePlan {
            let request = HandshakeRequest(position: position, id: "r", history: history)
            return ResumePlanner.plan(request, stream, isSlotInvalidated: true)
        }
        for position in [0, 9, 10, 40, 100] as [Position] {
            #expect(plan(position, Self.ours) == .snapshot(.slotInvalidated))
            #expect(plan(position, nil) == .snapshot(.slotInvalidated))
        }
        #expect(plan(101, Self.ours) == .snapshot(.beyondTip))
        #expect(plan(50, Self.foreign) == .snapshot(.foreignHistory))
    }

    @Test("a newcomer follows a stream that is whole in memory, and one that has not begun")
    func newcomer() {
        for history in [nil, History.none, Self.ours] {
            let request = HandshakeRequest(position: 0, id: "r", history: history)
            let whole = StreamSummary(history: Self.ours, tip: 3, oldest: 0)
            #expect(ResumePlanner.plan(request, whole) == .resume(.memory))
            let fresh = StreamSummary(history: Self.ours, tip: 0, oldest: 0)
            #expect(ResumePlanner.plan(request, fresh) == .resume(.tip))
        }
    }

    @Test("a log that could not be read on from a position is not tried again from there, or from before")
    func unreadable() {
        let stream = StreamSummary(history: Self.ours, tip: 100, oldest: 40, oldestOnDisk: 10, unreadable: 20)
        func plan(_ position: Position) -> ResumePlan {
            ResumePlanner.plan(HandshakeRequest(position: position, id: "r", history: Self.ours), stream)
        }
        #expect(plan(20) == .snapshot(.logUnreadable) && plan(10) == .snapshot(.logUnreadable))
        #expect(plan(9) == .snapshot(.logRemoved))
        #expect(plan(21) == .resume(.disk) && plan(40) == .resume(.memory))
    }

    @Test(
        "a newcomer is copied when the log is more than twice the data; a valid slot gets its log",
        arguments: [
            (0, false, 100, 49, true), (0, false, 100, 50, false), (0, true, 100, 49, true), (7, false, 100, 49, true),
            (7, true, 100, 0, false), (7, true, 100, 49, false), (0, false, 16, 0, false), (0, false, 17, 0, true),
        ] as [(Position, Bool, Int, Int, Bool)]
    )
    func cheaper(position: Position, hasValidSlot: Bool, replayed: Int, data: Int, isCheaper: Bool) {
        let decision = ResumePlanner.isSnapshotCheaper(
            position: position,
            hasValidSlot: hasValidSlot,
            replayBytes: replayed << 20,
            dataBytes: data << 20
        )
        #expect(decision == isCheaper)
    }

    @Test("the causes of snapshots keep their names")
    func causes() {
        let names = [
            "foreign-history", "beyond-tip", "slot-invalidated", "too-old", "log-removed", "log-unreadable", "cheaper",
        ]
        #expect(SnapshotCause.allCases.map(\.rawValue) == names)
    }
}
