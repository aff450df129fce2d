import Primitives
import Testing

@testable import Replication

@Suite struct ResumePlannerTests {
    private static let ours = History(seed: 1)
    private static let foreign = History(seed: 2)

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
        #expect(Refusal.beyondTip(tip: 9).message.contains("tip 9"))
        #expect(Refusal.tooOld(oldest: 4).message.contains("position 4"))
        #expect(Refusal.tooOld(oldest: 4).message.contains("--backlog-size"))
    }
}
