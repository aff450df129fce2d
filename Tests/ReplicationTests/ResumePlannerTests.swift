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
            (nil, 100, .success(.tip)), (nil, 99, .success(.memory)), (nil, 40, .success(.memory)),
            (nil, 39, .failure(.tooOld(oldest: 40))), (nil, 0, .failure(.tooOld(oldest: 40))),
            (nil, 101, .failure(.beyondTip(tip: 100))), (nil, UInt64(Int64.max), .failure(.beyondTip(tip: 100))),
            (ours, 100, .success(.tip)), (ours, 40, .success(.memory)), (ours, 39, .failure(.tooOld(oldest: 40))),
            (ours, 101, .failure(.beyondTip(tip: 100))),
            // A foreign history is told before anything else.
            (foreign, 100, .failure(.foreignHistory)), (foreign, 0, .failure(.foreignHistory)),
            (foreign, 101, .failure(.foreignHistory)),
            // Who has nothing has no history either; who has something must say whose it is.
            (History.none, 0, .failure(.tooOld(oldest: 40))), (History.none, 40, .failure(.foreignHistory)),
        ] as [(History?, Position, Result<ResumeSource, Refusal>)]
    )
    func table(history: History?, position: Position, expected: Result<ResumeSource, Refusal>) {
        let stream = StreamSummary(history: Self.ours, tip: 100, oldest: 40)
        let request = HandshakeRequest(position: position, id: "r", history: history)
        #expect(ResumePlanner.plan(request, stream) == expected)
    }

    @Test(
        "a replica behind the backlog resumes from the log, as far as that reaches back",
        arguments: [
            (100, .success(.tip)), (99, .success(.memory)), (40, .success(.memory)), (39, .success(.disk)),
            (10, .success(.disk)), (9, .failure(.logRemoved(oldest: 10))), (0, .failure(.logRemoved(oldest: 10))),
            (101, .failure(.beyondTip(tip: 100))),
        ] as [(Position, Result<ResumeSource, Refusal>)]
    )
    func disk(position: Position, expected: Result<ResumeSource, Refusal>) {
        let stream = StreamSummary(history: Self.ours, tip: 100, oldest: 40, oldestOnDisk: 10)
        let request = HandshakeRequest(position: position, id: "r", history: Self.ours)
        #expect(ResumePlanner.plan(request, stream) == expected)
    }

    @Test("a log that begins later than the backlog takes nothing from it")
    func shortLog() {
        let stream = StreamSummary(history: Self.ours, tip: 100, oldest: 40, oldestOnDisk: 60)
        let request = HandshakeRequest(position: 40, id: "r", history: Self.ours)
        #expect(ResumePlanner.plan(request, stream) == .success(.memory))
        let older = HandshakeRequest(position: 39, id: "r", history: Self.ours)
        #expect(ResumePlanner.plan(older, stream) == .failure(.logRemoved(oldest: 40)))
    }

    @Test(
        "a position in an ancestor resumes up to where that history was left",
        arguments: [
            (parent, 80, .success(.memory)), (parent, 81, .failure(.leftHistory(at: 80))),
            (parent, 101, .failure(.leftHistory(at: 80))), (parent, 20, .success(.disk)),
            (parent, 9, .failure(.logRemoved(oldest: 10))),
            (grandparent, 50, .success(.memory)), (grandparent, 51, .failure(.leftHistory(at: 50))),
            (grandparent, 0, .failure(.logRemoved(oldest: 10))), (foreign, 10, .failure(.foreignHistory)),
        ] as [(History, Position, Result<ResumeSource, Refusal>)]
    )
    func ancestors(history: History, position: Position, expected: Result<ResumeSource, Refusal>) {
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
        #expect(ResumePlanner.plan(request, stream) == .success(.tip))
    }

    @Test("an invalidated slot is told after history and tip, and before anything could be sent")
    func invalidatedSlot() {
        let stream = StreamSummary(history: Self.ours, tip: 100, oldest: 40, oldestOnDisk: 10)
        func plan(_ position: Position, _ history: History?) -> Result<ResumeSource, Refusal> {
            let request = HandshakeRequest(position: position, id: "r", history: history)
            return ResumePlanner.plan(request, stream, isSlotInvalidated: true)
        }
        for position in [0, 9, 10, 40, 100] as [Position] {
            #expect(plan(position, Self.ours) == .failure(.slotInvalidated))
            #expect(plan(position, nil) == .failure(.slotInvalidated))
        }
        #expect(plan(101, Self.ours) == .failure(.beyondTip(tip: 100)))
        #expect(plan(50, Self.foreign) == .failure(.foreignHistory))
    }

    @Test("a newcomer follows a stream that is whole in memory, and one that has not begun")
    func newcomer() {
        for history in [nil, History.none, Self.ours] {
            let request = HandshakeRequest(position: 0, id: "r", history: history)
            let whole = StreamSummary(history: Self.ours, tip: 3, oldest: 0)
            #expect(ResumePlanner.plan(request, whole) == .success(.memory))
            let fresh = StreamSummary(history: Self.ours, tip: 0, oldest: 0)
            #expect(ResumePlanner.plan(request, fresh) == .success(.tip))
        }
    }

    @Test("a refusal tells what to do")
    func messages() {
        #expect(Refusal.foreignHistory.message.contains("position 0"))
        #expect(Refusal.leftHistory(at: 7).message.contains("position 7"))
        #expect(Refusal.beyondTip(tip: 9).message.contains("tip 9"))
        #expect(Refusal.slotInvalidated.message.contains("drop the slot"))
        #expect(Refusal.tooOld(oldest: 4).message.contains("position 4"))
        #expect(Refusal.tooOld(oldest: 4).message.contains("--backlog-size"))
        #expect(Refusal.logRemoved(oldest: 5).message.contains("position 5"))
    }

    @Test("the causes of snapshots keep their names")
    func causes() {
        let names = ["foreign-history", "beyond-tip", "slot-invalidated", "too-old", "log-removed"]
        #expect(SnapshotCause.allCases.map(\.rawValue) == names)
        #expect(Refusal.leftHistory(at: 1).cause == .foreignHistory)
    }
}
