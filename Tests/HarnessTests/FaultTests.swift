import Primitives
import Testing

@testable import Harness

@Suite struct FaultScheduleTests {
    @Test(
        "a fault is read as it is written",
        arguments: ["pause@2+1", "kill@0+0.5", "fill@1.5+2", "cut@5+1", "slow=1000000@6+2", "delay=50@7+1"]
    )
    func faults(text: String) throws {
        #expect(try Fault(parsing: text).description == text)
    }

    @Test(
        "what is no fault is refused with an example",
        arguments: [
            "", "pause", "pause@2", "pause@-1+1", "pause@1+0", "pause@nan+1", "pause=3@1+1", "slow@1+1", "slow=0@1+1",
            "slow=x@1+1", "delay=99999999@1+1", "stop@1+1", "pause@3599+2", "pause@1+1@2",
        ]
    )
    func wrong(text: String) throws {
        let error = try #require(throws: HarnessError.self) { try Fault(parsing: text) }
        #expect(error.code == .usage && error.message.contains("pause@2+1"))
    }

    @Test("a timeline is in the order of time, whatever order it was written in")
    func order() throws {
        let schedule = try FaultSchedule(parsing: "cut@5+1, pause@2+1 kill@8+1")
        #expect(schedule.description == "pause@2+1 cut@5+1 kill@8+1")
        #expect(schedule.end == 9 && schedule.needsLiveReplica && schedule.needsProcess && !schedule.needsDisk)
    }

    @Test("faults that overlap, and a timeline without any, are refused")
    func overlap() {
        for text in ["pause@2+2 cut@3+1", "", " , "] {
            #expect(throws: HarnessError.self) { try FaultSchedule(parsing: text) }
        }
        #expect(throws: Never.self) { try FaultSchedule(parsing: "pause@2+1 cut@3+1") }
    }

    @Test("every fault begins and ends once, in order, however rarely the clock is looked at")
    func progress() throws {
        let schedule = try FaultSchedule(parsing: "pause@1+1 cut@2+1")
        for interval in [0.1, 0.7, 10] {
            var progress = FaultProgress(schedule)
            var steps: [FaultProgress.Step] = []
            var seconds = 0.0
            while !progress.isOver {
                while let step = progress.take(at: seconds) { steps.append(step) }
                seconds += interval
            }
            let (pause, cut) = (schedule.faults[0], schedule.faults[1])
            #expect(steps == [.begin(pause), .end(pause), .begin(cut), .end(cut)])
        }
    }

    @Test("who cannot be stopped, killed or filled is not asked to be")
    func suits() throws {
        let running = try TargetSpecification(parsing: "redis://h:1")
        let links = FaultsCase(try FaultSchedule(parsing: "cut@1+1 slow=1000@3+1 delay=5@5+1"))
        #expect(links.suits(running) && links.suits(.redis) && links.suits(.bundled))
        for text in ["pause@1+1", "kill@1+1"] {
            let process = FaultsCase(try FaultSchedule(parsing: text))
            #expect(!process.suits(running) && process.suits(.redis))
        }
        #expect(!FaultsCase(try FaultSchedule(parsing: "fill@1+1")).suits(.redis))
    }
}

@Suite struct ShapedQueueTests {
    private let millisecond: UInt64 = 1_000_000
    private var generator = SeededGenerator(seed: 1)

    private func queue(_ change: (inout LinkShape) -> Void) -> ShapedQueue {
        var shape = LinkShape()
        change(&shape)
        return ShapedQueue(shape)
    }

    @Test("a plain link gives at once what it takes")
    mutating func plain() {
        var queue = self.queue { _ in }
        queue.put(5000, at: 7, using: &self.generator)
        queue.put(10, at: 8, using: &self.generator)
        #expect(queue.ready(at: 8) == 5010)
        queue.take(5005)
        #expect(queue.ready(at: 8) == 5 && queue.count == 5)
    }

    @Test("a far link gives everything so much later, and in order when it comes nearer")
    mutating func delay() {
        var queue = self.queue { $0.delayMilliseconds = 20 }
        queue.put(100, at: 0, using: &self.generator)
        queue.shape = LinkShape()
        queue.put(50, at: self.millisecond, using: &self.generator)
        #expect(queue.ready(at: 19 * self.millisecond) == 0)
        #expect(queue.ready(at: 20 * self.millisecond) == 150)
    }

    @Test("a slow link gives its rate, over any second of work")
    mutating func rate() {
        var queue = self.queue { $0.bytesPerSecond = 1_000_000 }
        for _ in 0..<400 { queue.put(10_000, at: 0, using: &self.generator) }
        var given = 0
        for tick in 0...1000 {
            while true {
                let ready = queue.ready(at: UInt64(tick) * self.millisecond)
                guard ready > 0 else { break }
                queue.take(ready)
                given += ready
            }
        }
        // A twentieth of a second's worth may gather, and one piece may be overdrawn.
        #expect((1_000_000...1_070_000).contains(given))
    }

    @Test("of packets as many are lost as was asked for, and each holds up what is behind it for a retransmission")
    mutating func loss() {
        var late = 0
        for _ in 0..<10_000 {
            var queue = self.queue { $0.lossPerMillion = 20_000 }
            queue.put(ShapedQueue.packetBytes, at: 0, using: &self.generator)
            if queue.ready(at: self.millisecond) == 0 {
                late += 1
                queue.put(1, at: self.millisecond, using: &self.generator)
                #expect(queue.ready(at: 100 * self.millisecond) == 0)
                #expect(queue.ready(at: 500 * self.millisecond) == ShapedQueue.packetBytes + 1)
            }
        }
        #expect((120...290).contains(late))
    }
}
