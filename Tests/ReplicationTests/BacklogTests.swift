import Primitives
import Testing

@testable import Replication

@Suite struct BacklogTests {
    @Test("an empty backlog is caught up at its tip and knows nothing beyond")
    func empty() {
        let backlog = Backlog(limitBytes: 1024, chunkBytes: 256, tip: 7)
        #expect(backlog.oldest == 7 && backlog.tip == 7 && backlog.usedBytes == 0 && backlog.allocatedBytes == 0)
        #expect(Found(backlog.cursor(after: 7), in: backlog) == .caughtUp)
        #expect(Found(backlog.cursor(after: 8), in: backlog) == .future)
        #expect(Found(backlog.cursor(after: 6), in: backlog) == .tooOld)
    }

    @Test("past the bound whole chunks leave from the front")
    func eviction() {
        var backlog = Backlog(limitBytes: 300, chunkBytes: 150)
        // Three frames of 8 + 30 bytes fill a chunk: a fourth would not fit with the longest envelope.
        for number in 1...9 {
            let lsn = backlog.append(mutation(bytes: 30))
            #expect(lsn == LSN(number))
        }
        #expect(backlog.usedBytes == 228 && backlog.oldest == 3 && backlog.allocatedBytes == 300)
        #expect(Found(backlog.cursor(after: 2), in: backlog) == .tooOld)
        backlog.setLimit(bytes: 100)
        #expect(backlog.usedBytes == 114 && backlog.oldest == 6, "the last chunk stays although it is over the bound")
    }

    @Test("the newest frame is kept although it alone is over the bound")
    func newest() {
        var backlog = Backlog(limitBytes: 100, chunkBytes: 64)
        backlog.append(mutation(bytes: 20))
        let large = mutation(bytes: 5000)
        let lsn = backlog.append(large)
        #expect(lsn == 2)
        #expect(backlog.oldest == 1 && backlog.usedBytes == 5008)
        #expect(Found(backlog.cursor(after: 1), in: backlog) == .found(expectedFrame(2, large)))
        let small = mutation(bytes: 20)
        backlog.append(small)
        #expect(backlog.oldest == 2 && backlog.usedBytes == 28, "the large one leaves once there is a newer one")
        #expect(Found(backlog.cursor(after: 2), in: backlog) == .found(expectedFrame(3, small)))
    }

    @Test("what is passed over takes what was there with it: a backlog has no gaps")
    func passing() {
        var backlog = Backlog(limitBytes: 1024, chunkBytes: 256)
        let small = mutation(bytes: 20)
        for _ in 0..<3 { backlog.append(small) }
        for _ in 0..<2 { backlog.pass() }
        #expect(backlog.tip == 5 && backlog.oldest == 5 && backlog.usedBytes == 0)
        #expect(backlog.pool.aliveBytes == 0)
        #expect(Found(backlog.cursor(after: 5), in: backlog) == .caughtUp)
        #expect(Found(backlog.cursor(after: 2), in: backlog) == .tooOld)
        let lsn = backlog.append(small)
        #expect(lsn == 6 && backlog.oldest == 5)
        #expect(Found(backlog.cursor(after: 5), in: backlog) == .found(expectedFrame(6, small)))
    }

    @Test("a frame larger than a chunk gets one of its own size")
    func large() {
        var backlog = Backlog(limitBytes: 1 << 20, chunkBytes: 128)
        backlog.append(mutation(bytes: 20))
        backlog.append(mutation(bytes: 1000))
        backlog.append(mutation(bytes: 20))
        #expect(backlog.allocatedBytes == 128 + 1000 + Frame.longestEnvelope + 128)
    }

    @Test("an evicted chunk lives until the last cursor lets go")
    func aliveBytes() {
        var backlog = Backlog(limitBytes: 200, chunkBytes: 100)
        var held: Backlog.Cursor?
        backlog.append(mutation(bytes: 50))
        if case .found(let cursor) = backlog.cursor(after: 0) { held = cursor }
        for _ in 0..<20 { backlog.append(mutation(bytes: 50)) }
        #expect(backlog.pool.aliveBytes == backlog.allocatedBytes + 100, "the held chunk counts, too")
        #expect(held.map { backlog.rest(of: $0) } == expectedFrame(1, mutation(bytes: 50)))
        #expect(held.map { backlog.position(of: $0) } == 0)
        held = nil
        #expect(backlog.pool.aliveBytes == backlog.allocatedBytes)
    }

    @Test("the memory of an evicted chunk is the next chunk's")
    func reuse() {
        func address(_ lookup: Backlog.Lookup) -> UnsafeRawPointer? {
            if case .found(let cursor) = lookup { cursor.chunk.bytes(from: 0).baseAddress } else { nil }
        }
        var backlog = Backlog(limitBytes: 200, chunkBytes: 100)
        for _ in 0..<20 { backlog.append(mutation(bytes: 50)) }
        let oldest = address(backlog.cursor(after: backlog.oldest))
        // The first one evicts the oldest chunk, and the second one takes its place.
        for _ in 0..<2 { backlog.append(mutation(bytes: 50)) }
        let newest = address(backlog.cursor(after: backlog.tip - 1))
        #expect(oldest != nil && newest == oldest)
    }

    @Test("the memory of an outsized frame is not kept for later")
    func outsizedSpare() throws {
        let pool = ChunkPool(spareCapacity: 128)
        var backlog = Backlog(limitBytes: 200, chunkBytes: 128, pool: pool)
        backlog.append(mutation(bytes: 100_000))
        backlog.append(mutation(bytes: 50))
        #expect(pool.aliveBytes == 128 && pool.spareBytes == 0)
        for _ in 0..<10 { backlog.append(mutation(bytes: 50)) }
        #expect(pool.spareBytes == 128)
    }

    @Test("a backlog of random frames answers for every position as an array of them would", arguments: 1...12)
    func model(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let start = Position.random(in: 0...1200, using: &generator)
        var model = BacklogModel(
            limitBytes: .random(in: 1...6000, using: &generator),
            chunkBytes: .random(in: 30...900, using: &generator),
            tip: start
        )
        var backlog = Backlog(limitBytes: model.limitBytes, chunkBytes: model.chunkBytes, tip: start)
        for round in 0..<300 {
            let isLarge = Int.random(in: 0..<20, using: &generator) == 0
            let size = Int.random(in: isLarge ? 500...3000 : 12...60, using: &generator)
            let bytes = mutation(bytes: size, marked: UInt64(round))
            let (lsn, expected) = (backlog.append(bytes), model.append(bytes))
            #expect(lsn == expected)
            #expect(backlog.usedBytes == model.usedBytes && backlog.oldest == model.oldest)
            #expect(backlog.allocatedBytes == model.allocatedBytes)
            #expect(backlog.pool.aliveBytes == backlog.allocatedBytes)
            let position = Position.random(in: 0...(backlog.tip + 2), using: &generator)
            #expect(Found(backlog.cursor(after: position), in: backlog) == model.lookup(position))
        }
        for position in 0...(backlog.tip + 2) {
            let lookup = backlog.cursor(after: position)
            #expect(Found(lookup, in: backlog) == model.lookup(position), "position \(position)")
            guard case .found(let cursor) = lookup else { continue }
            #expect(backlog.position(of: cursor) == position)
            #expect(backlog.bytesBehind(cursor) == model.bytesBehind(position))
        }
    }
}

/// What a look-up gave, in a form that can be compared.
enum Found: Equatable {
    /// The bytes from the cursor to the end of its chunk.
    case found([UInt8])
    case caughtUp
    case tooOld
    case future

    init(_ lookup: Backlog.Lookup, in backlog: borrowing Backlog) {
        switch lookup {
        case .found(let cursor): self = .found(backlog.rest(of: cursor))
        case .caughtUp: self = .caughtUp
        case .tooOld: self = .tooOld
        case .future: self = .future
        }
    }
}

/// The rules of the backlog over plain arrays.
struct BacklogModel {
    struct Piece {
        var capacity: Int
        var frames: [[UInt8]]
        var used: Int { self.frames.reduce(0) { $0 + $1.count } }
    }

    let limitBytes: Int
    let chunkBytes: Int
    private(set) var tip: Position
    private var pieces: [Piece] = []

    init(limitBytes: Int, chunkBytes: Int, tip: Position) {
        self.limitBytes = limitBytes
        self.chunkBytes = chunkBytes
        self.tip = tip
    }

    var usedBytes: Int { self.pieces.reduce(0) { $0 + $1.used } }
    var allocatedBytes: Int { self.pieces.reduce(0) { $0 + $1.capacity } }
    var oldest: Position { self.tip - Position(self.pieces.reduce(0) { $0 + $1.frames.count }) }

    mutating func append(_ mutation: [UInt8]) -> LSN {
        let needed = mutation.count + Frame.longestEnvelope
        if self.pieces.last.map({ $0.capacity - $0.used < needed }) ?? true {
            self.pieces.append(Piece(capacity: max(self.chunkBytes, needed), frames: []))
        }
        self.tip += 1
        self.pieces[self.pieces.count - 1].frames.append(expectedFrame(self.tip, mutation))
        while self.usedBytes > self.limitBytes, self.pieces.count > 1 { self.pieces.removeFirst() }
        return self.tip
    }

    func lookup(_ position: Position) -> Found {
        if position > self.tip { return .future }
        if position == self.tip { return .caughtUp }
        if position < self.oldest { return .tooOld }
        var skipped = Int(position - self.oldest)
        for piece in self.pieces {
            if skipped < piece.frames.count { return .found(piece.frames.dropFirst(skipped).flatMap { $0 }) }
            skipped -= piece.frames.count
        }
        return .caughtUp
    }

    func bytesBehind(_ position: Position) -> Int {
        self.pieces.flatMap(\.frames).dropFirst(Int(position - self.oldest)).reduce(0) { $0 + $1.count }
    }
}
