import Primitives
import Testing

@testable import Replication

/// Drives passes without a keyspace: a file is so many bytes, and every link keeps what it was given.
struct PassesScene {
    var passes: SnapshotPasses
    var now: Milliseconds = 1000
    private(set) var received: [UInt64: [UInt8]] = [:]
    /// Where a pass stands in its file.
    private var produced: [UInt64: Int] = [:]

    init(_ change: (inout SnapshotOptions) -> Void = { _ in }) {
        var options = SnapshotOptions()
        options.joinWindow = 0
        options.chunkBytes = 1024
        change(&options)
        self.passes = SnapshotPasses(options)
    }

    static func file(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) } }

    /// Links begin to wait, and a pass begins with them.
    mutating func begin(_ links: [UInt64], isLongForm: Bool = true, at position: Position = 7) -> SnapshotBeginning {
        for link in links { self.passes.linkWaits(link, isLongForm: isLongForm, now: self.now) }
        return self.passes.begin(at: position, now: self.now)
    }

    /// Does what is asked for, in writes of so many bytes.
    /// - Returns: whether anything was asked for.
    @discardableResult
    mutating func produce(file: [UInt8], step: Int? = nil) -> Bool {
        guard let work = self.passes.takeWork(now: self.now) else { return false }
        let from = self.produced[work.pass] ?? 0
        let to = min(file.count, from + (step ?? work.limitBytes))
        work.piece.append(file[from..<to])
        self.produced[work.pass] = to
        self.passes.produced(work, isFinished: to == file.count)
        return true
    }

    /// A link takes what it is offered, up to so many bytes.
    /// - Returns: the position, when it has everything.
    @discardableResult
    mutating func read(_ link: UInt64, limit: Int = .max) -> Position? {
        var left = limit
        while left > 0, let bytes = self.passes.next(for: link) {
            let count = min(bytes.count, left)
            self.received[link, default: []] += bytes.prefix(count)
            left -= count
            if let position = self.passes.took(link, count) { return position }
        }
        return nil
    }

    /// Runs until every link of these is done.
    mutating func finish(_ links: [UInt64], file: [UInt8], step: Int? = nil) -> [Position] {
        var positions: [Position] = []
        var rest = links
        for _ in 0..<100_000 where !rest.isEmpty {
            self.passes.tipReached(.max)
            rest.removeAll { link in
                guard let position = self.read(link) else { return false }
                positions.append(position)
                return true
            }
            self.produce(file: file, step: step)
        }
        return positions
    }
}

extension SnapshotPiece {
    func append(_ bytes: ArraySlice<UInt8>) { bytes.withUnsafeBytes { self.append($0) } }
}

/// The file in a snapshot's envelope, and the lengths of its chunks; nil where the envelope is broken.
func snapshot(in bytes: [UInt8], position: Position) -> (file: [UInt8], chunks: [Int])? {
    var rest = bytes[...]
    func drop(_ text: String) -> Bool {
        guard rest.starts(with: text.utf8) else { return false }
        rest = rest.dropFirst(text.utf8.count)
        return true
    }
    guard drop("+SNAPSHOT\r\n") else { return nil }
    var file: [UInt8] = []
    var chunks: [Int] = []
    while drop("$") {
        let digits = rest.prefix { $0 != UInt8(ascii: "\r") }
        guard let count = Int(String(decoding: digits, as: UTF8.self)), count > 0 else { return nil }
        rest = rest.dropFirst(digits.count)
        guard drop("\r\n"), rest.count >= count else { return nil }
        file += rest.prefix(count)
        chunks.append(count)
        rest = rest.dropFirst(count)
        guard drop("\r\n") else { return nil }
    }
    guard drop("+SNAPSHOT_END \(position)\r\n"), rest.isEmpty else { return nil }
    return (file, chunks)
}

@Suite struct SnapshotPassesTests {
    @Test(
        "a link gets the file in its envelope, however it is written",
        arguments: [nil, 1, 100, 1005, 1006, 1007, 1024, 2012, 5000, 20_000] as [Int?]
    )
    func envelope(step: Int?) throws {
        var scene = PassesScene()
        let file = PassesScene.file(20_000)
        _ = scene.begin([1], at: 42)
        #expect(scene.finish([1], file: file, step: step) == [42])
        let parsed = try #require(snapshot(in: scene.received[1] ?? [], position: 42))
        #expect(parsed.file == file)
        #expect(parsed.chunks.allSatisfy { $0 <= 1024 })
        #expect(scene.passes.isIdle && scene.passes.heldBytes == 0)
        #expect(scene.passes.statistics.producedBytes > 20_000)
    }

    @Test("an empty file is still a snapshot")
    func empty() throws {
        var scene = PassesScene()
        _ = scene.begin([1], at: 0)
        #expect(scene.finish([1], file: []) == [0])
        #expect(scene.received[1] == Array("+SNAPSHOT\r\n+SNAPSHOT_END 0\r\n".utf8))
    }

    @Test("links that need a snapshot within the window share one pass; later ones wait for the next")
    func joining() {
        var scene = PassesScene { $0.joinWindow = 50 }
        let start = scene.now
        scene.passes.linkWaits(1, isLongForm: true, now: start)
        #expect(!scene.passes.isPassDue(now: start) && scene.passes.dueAt(now: start) == start + 50)
        scene.passes.linkWaits(2, isLongForm: true, now: start + 49)
        #expect(!scene.passes.isPassDue(now: start + 49))
        #expect(scene.passes.isPassDue(now: start + 50), "the window is the first link's")
        #expect(scene.passes.begin(at: 3, now: start + 50).links == [1, 2])
        scene.passes.linkWaits(3, isLongForm: true, now: start + 51)
        #expect(!scene.passes.isPassDue(now: start + 51))
        #expect(scene.passes.isPassDue(now: start + 101))
        #expect(scene.passes.isPassDue(now: start - 1), "a clock that was set back holds nobody up")
    }

    @Test("only so many passes run at once, and the whole line joins the next one", arguments: 1...3)
    func admission(most: Int) {
        var scene = PassesScene { $0.mostPasses = most }
        for link in 1...UInt64(most) { _ = scene.begin([link]) }
        for link in 10...19 { scene.passes.linkWaits(UInt64(link), isLongForm: true, now: scene.now) }
        #expect(!scene.passes.isPassDue(now: scene.now + 1_000_000))
        #expect(scene.passes.dueAt(now: scene.now) == nil, "an event tells when there is room")
        #expect(scene.finish([1], file: PassesScene.file(5000)) == [7])
        #expect(scene.passes.isPassDue(now: scene.now))
        #expect(scene.passes.begin(at: 9, now: scene.now).links == Array(10...19))
        #expect(scene.passes.statistics.settled == most + 10)
    }

    @Test("every byte is produced once however many links read it, and goes when the last has passed")
    func sharing() throws {
        var scene = PassesScene()
        let file = PassesScene.file(30_000)
        let links: [UInt64] = Array(1...10)
        _ = scene.begin(links)
        #expect(scene.finish(links, file: file).count == 10)
        for link in links { #expect(scene.received[link] == scene.received[1]) }
        #expect(snapshot(in: scene.received[1] ?? [], position: 7)?.file == file)
        let lines = "+SNAPSHOT\r\n+SNAPSHOT_END 7\r\n".utf8.count
        #expect(scene.passes.statistics.producedBytes + lines == scene.received[1]?.count)
        #expect(scene.passes.statistics.sentBytes == 10 * (scene.received[1]?.count ?? 0))
        #expect(scene.passes.statistics.passesBegun == 1 && scene.passes.statistics.linksFinished == 10)
    }

    @Test("nothing is produced until a link asks that has everything, and only some at a time")
    func demand() {
        var scene = PassesScene()
        let file = PassesScene.file(2_000_000)
        _ = scene.begin([1, 2])
        let isAskedAtFirst = scene.produce(file: file)
        #expect(!isAskedAtFirst)
        scene.read(1)
        while scene.produce(file: file) {}
        let ahead = scene.passes.statistics.producedBytes
        #expect(ahead >= SnapshotPasses.creditBytes && ahead < SnapshotPasses.creditBytes + 2048)
        scene.read(2, limit: 100)
        let isAskedByTheSlow = scene.produce(file: file)
        #expect(!isAskedByTheSlow, "a link that has not got everything asks for nothing")
        scene.read(1)
        let isAskedByTheFast = scene.produce(file: file)
        #expect(isAskedByTheFast, "a pass does not wait for its slower link")
    }

    @Test("a link too far behind the foremost one is given up, and the others go on")
    func laggard() {
        var scene = PassesScene { $0.bufferBytes = 100_000 }
        let file = PassesScene.file(1_000_000)
        _ = scene.begin([1, 2, 3])
        scene.read(3, limit: 50_000)
        var actions: [SnapshotAction] = []
        var most = 0
        for _ in 0..<10_000 where scene.passes.position(for: 1) != nil {
            scene.passes.tipReached(.max)
            scene.read(1)
            scene.produce(file: file)
            most = max(most, scene.passes.heldBytes)
            for action in scene.passes.takeActions() {
                actions.append(action)
                if case .giveUp(let link) = action { scene.passes.linkLeft(link) }
            }
        }
        #expect(actions == [.giveUp(link: 2), .giveUp(link: 3)])
        #expect(snapshot(in: scene.received[1] ?? [], position: 7)?.file == file)
        #expect(most < 100_000 + Stream.turnBytes + 10_000, "what one link holds up is bounded: \(most)")
        #expect(scene.passes.isIdle && scene.passes.heldBytes == 0)
    }

    @Test("links that are equally slow are not given up: production waits")
    func equallySlow() {
        var scene = PassesScene { $0.bufferBytes = 1000 }
        let file = PassesScene.file(100_000)
        _ = scene.begin([1, 2])
        for _ in 0..<100_000 where scene.passes.sendingCount > 0 {
            scene.passes.tipReached(.max)
            scene.read(1, limit: 700)
            scene.read(2, limit: 700)
            scene.produce(file: file, step: 500)
        }
        #expect(scene.passes.takeActions().isEmpty && scene.passes.statistics.linksFinished == 2)
    }

    @Test("a link that leaves is missed by nobody, and a pass that all have left is abandoned")
    func leaving() {
        var scene = PassesScene()
        let file = PassesScene.file(1_000_000)
        let pass = scene.begin([1, 2]).pass
        scene.read(1)
        scene.produce(file: file)
        scene.read(1, limit: 500)
        scene.passes.linkLeft(2)
        scene.passes.linkLeft(2)
        #expect(scene.passes.takeActions().isEmpty)
        scene.read(1)
        scene.passes.linkLeft(1)
        #expect(scene.passes.takeActions() == [.abandon(pass: pass)] && scene.passes.isIdle)
        #expect(scene.passes.heldBytes == 0 && scene.passes.statistics.linksAborted == 2)
        #expect(scene.passes.statistics.passesAbandoned == 1)
        scene.passes.linkWaits(3, isLongForm: true, now: scene.now)
        scene.passes.linkLeft(3)
        #expect(scene.passes.isIdle && !scene.passes.isPassDue(now: scene.now + 100))
        #expect(scene.passes.statistics.settled == 3)
    }

    @Test("work that comes back for a pass that is gone changes nothing")
    func lateWork() throws {
        var scene = PassesScene()
        _ = scene.begin([1])
        scene.read(1)
        let taken = scene.passes.takeWork(now: scene.now)
        let work = try #require(taken)
        scene.passes.linkLeft(1)
        work.piece.append(PassesScene.file(100)[...])
        scene.passes.produced(work, isFinished: false)
        #expect(scene.passes.takeActions() == [.abandon(pass: work.pass)] && scene.passes.isIdle)
    }

    @Test("the end is told once the position may be, and not before")
    func ending() {
        var scene = PassesScene()
        _ = scene.begin([1], at: 50)
        scene.read(1)
        scene.produce(file: PassesScene.file(100))
        #expect(scene.read(1) == nil && !scene.passes.hasEnding(at: 49) && scene.passes.hasEnding(at: 50))
        scene.passes.tipReached(49)
        #expect(scene.read(1) == nil)
        #expect(snapshot(in: scene.received[1] ?? [], position: 50) == nil)
        scene.passes.tipReached(50)
        #expect(scene.read(1) == 50)
        #expect(snapshot(in: scene.received[1] ?? [], position: 50)?.file == PassesScene.file(100))
    }

    @Test("a link of the short form keeps its whole pass to chunks of 64 KiB")
    func shortForm() throws {
        for isLongForm in [true, false] {
            var scene = PassesScene { $0.chunkBytes = 1 << 20 }
            scene.passes.linkWaits(9, isLongForm: isLongForm, now: scene.now)
            _ = scene.begin([1])
            let file = PassesScene.file(3_000_000)
            #expect(scene.finish([1, 9], file: file).count == 2)
            let parsed = try #require(snapshot(in: scene.received[1] ?? [], position: 7))
            #expect(parsed.file == file)
            #expect((parsed.chunks.max() ?? 0) <= (isLongForm ? 1 << 20 : 64 << 10))
            #expect((parsed.chunks.max() ?? 0) > (isLongForm ? 500_000 : 60_000))
        }
    }

    @Test("the rate holds over all passes together, and nobody is left out")
    func rate() {
        var scene = PassesScene {
            $0.bytesPerSecond = 1_000_000
            $0.mostPasses = 3
        }
        let file = PassesScene.file(10_000_000)
        for link in 1...3 as ClosedRange<UInt64> { _ = scene.begin([link]) }
        let start = scene.now
        for _ in 0..<2000 {
            for link in 1...3 as ClosedRange<UInt64> { scene.read(link) }
            while scene.produce(file: file) {}
            scene.now += 1
        }
        let seconds = Double(scene.now - start) / 1000
        let rate = Double(scene.passes.statistics.producedBytes) / seconds
        #expect(rate > 900_000 && rate < 1_100_000, "\(rate)")
        for link in 1...3 as ClosedRange<UInt64> { #expect((scene.received[link]?.count ?? 0) > 500_000) }
        for link in 1...3 as ClosedRange<UInt64> { scene.read(link) }
        while scene.produce(file: file) {}
        #expect(!scene.passes.hasWork(now: scene.now) && scene.passes.hasWork(now: scene.now + 100))
        let due = scene.passes.dueAt(now: scene.now)
        #expect(due.map { $0 > scene.now && $0 < scene.now + 100 } ?? false, "somebody must look again")
        scene.now -= 5000
        let isStopped = scene.produce(file: file)
        scene.now += 100
        let goesOn = scene.produce(file: file)
        #expect(!isStopped && goesOn, "a clock that was set back stops nothing for long")
    }
}
