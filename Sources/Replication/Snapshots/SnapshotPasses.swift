// Who gets a snapshot when. Links wait in one line; a pass over the data takes all of it along:
//
//     link:  waiting ── a pass begins ──▶ sending ── the last byte is given ──▶ streaming
//     pass:  producing ──▶ produced (the position may not be told yet) ──▶ ended ──▶ gone with its last link
//
// A pass begins when the first of the line has waited for the join window and fewer passes run than may. It produces only
// when a link asks that has been given everything, so that it goes as fast as its fastest link and stops while all are
// blocked; it never waits for one. A link that is too far behind the foremost one is given up: its stream of bytes is broken,
// so that its connection ends (cause `snapshot-lag`) and it comes back, with back-off, for another pass.
//
// Pure: the owner brings events and time, does what `takeActions` says, fills the pieces that `takeWork` asks for, and
// gives links what `next` offers.

package import Primitives

/// What the owner of the passes is to do.
package enum SnapshotAction: Equatable, Sendable {
    /// Nobody reads the pass any more: its view of the data can go.
    case abandon(pass: UInt64)
    /// The link is too far behind its pass.
    case giveUp(link: UInt64)
}

/// A pass that has begun.
package struct SnapshotBeginning: Equatable, Sendable {
    package var pass: UInt64
    package var links: [UInt64]
}

package struct SnapshotPasses {
    struct Waiting {
        var link: UInt64
        var isLongForm: Bool
        var since: Milliseconds
    }

    /// How far a link is in its pass.
    struct Reader {
        var pass: UInt64
        /// The piece that it is given, and how much of it it has.
        var piece = 0
        var offset = 0
        /// Bytes of the pass that it has.
        var takenBytes = 0
    }

    package let options: SnapshotOptions
    var waiting: [Waiting] = []
    var passes: [SnapshotPass] = []
    var readers: [UInt64: Reader] = [:]
    var pool: SnapshotPiecePool
    var rate: SnapshotRate
    private var actions: [SnapshotAction] = []
    private var nextPass: UInt64 = 1
    /// Where the next search for work begins, so that no pass is always the last.
    var nextProducer = 0
    package internal(set) var statistics = SnapshotStatistics()

    package init(_ options: SnapshotOptions = SnapshotOptions()) {
        precondition(SnapshotOptions.passes.contains(options.mostPasses))
        precondition(SnapshotOptions.chunks.contains(options.chunkBytes))
        self.options = options
        self.pool = SnapshotPiecePool(pieceBytes: options.chunkBytes)
        self.rate = SnapshotRate(bytesPerSecond: options.bytesPerSecond)
    }

    /// Whether there is anything to do at all.
    package var isIdle: Bool { self.waiting.isEmpty && self.passes.isEmpty && self.actions.isEmpty }

    // MARK: Links

    package mutating func linkWaits(_ link: UInt64, isLongForm: Bool, now: Milliseconds) {
        precondition(self.readers[link] == nil, "a link gets one snapshot at a time")
        self.waiting.append(Waiting(link: link, isLongForm: isLongForm, since: now))
    }

    /// The link gets nothing any more, wherever it was. Links that are not known here change nothing.
    package mutating func linkLeft(_ link: UInt64) {
        if let index = self.waiting.firstIndex(where: { $0.link == link }) {
            self.waiting.remove(at: index)
            self.statistics.settled += 1
            self.statistics.linksAborted += 1
            return
        }
        guard let reader = self.readers.removeValue(forKey: link), let index = self.index(of: reader.pass) else {
            return
        }
        self.statistics.linksAborted += 1
        self.passes[index].readerLeft(at: reader.piece, &self.pool)
        self.removeIfDone(index)
    }

    /// The position of the pass that the link is sent; nil where it is sent none.
    package func position(for link: UInt64) -> Position? {
        self.readers[link].flatMap { self.index(of: $0.pass) }.map { self.passes[$0].position }
    }

    // MARK: Passes

    package func isPassDue(now: Milliseconds) -> Bool {
        guard let first = self.waiting.first, self.passes.count < self.options.mostPasses else { return false }
        // A clock that was set back must not keep the line waiting.
        return now - first.since >= self.options.joinWindow || now < first.since
    }

    /// Begins a pass with everybody who waits.
    /// - Parameter position: everything up to here, and nothing else, is in what will be produced.
    package mutating func begin(at position: Position, now: Milliseconds) -> SnapshotBeginning {
        precondition(self.isPassDue(now: now), "a pass begins when it is due")
        let links = self.waiting.map(\.link)
        let isAllLongForm = self.waiting.allSatisfy(\.isLongForm)
        let longest = isAllLongForm ? self.options.chunkBytes : SnapshotOptions.longestShortFormChunk
        let number = self.nextPass
        self.nextPass += 1
        for link in links { self.readers[link] = Reader(pass: number) }
        self.waiting.removeAll()
        self.passes.append(
            SnapshotPass(
                number: number,
                position: position,
                chunkBytes: min(longest, self.options.chunkBytes),
                readers: links.count
            )
        )
        self.statistics.settled += links.count
        self.statistics.passesBegun += 1
        self.statistics.latestPosition = position
        return SnapshotBeginning(pass: number, links: links)
    }

    /// When something is due that no event tells of; nil when nothing is.
    package func dueAt(now: Milliseconds) -> Milliseconds? {
        var times: [Milliseconds] = []
        if let first = self.waiting.first, self.passes.count < self.options.mostPasses, !self.isPassDue(now: now) {
            times.append(first.since + self.options.joinWindow)
        }
        let wait = self.rate.wait(now: now)
        if wait > 0, self.passes.contains(where: { $0.stage == .producing && $0.creditBytes > 0 }) {
            times.append(now + wait)
        }
        return times.min()
    }

    package mutating func takeActions() -> [SnapshotAction] {
        guard !self.actions.isEmpty else { return [] }
        defer { self.actions.removeAll() }
        return self.actions
    }

    func index(of pass: UInt64) -> Int? { self.passes.firstIndex { $0.number == pass } }

    /// A pass without links goes, whatever is missing of it.
    mutating func removeIfDone(_ index: Int) {
        guard self.passes[index].readers == 0 else { return }
        let pass = self.passes.remove(at: index)
        if pass.stage == .producing {
            self.statistics.passesAbandoned += 1
            self.actions.append(.abandon(pass: pass.number))
        }
        if self.passes.isEmpty { self.pool.removeAll() }
    }

    /// Gives up links that are too far behind the foremost one of a pass.
    mutating func giveUpLaggards(_ index: Int) {
        guard self.passes[index].heldBytes > self.options.bufferBytes else { return }
        let pass = self.passes[index].number
        let mates = self.readers.filter { $0.value.pass == pass }
        let foremost = mates.values.reduce(0) { max($0, $1.takenBytes) }
        for (link, reader) in mates.sorted(by: { $0.key < $1.key })
        where foremost - reader.takenBytes > self.options.bufferBytes {
            let action = SnapshotAction.giveUp(link: link)
            if !self.actions.contains(action) { self.actions.append(action) }
        }
    }
}

/// Counters since the start, and what `INFO` shows of the present.
package struct SnapshotStatistics: Equatable, Sendable {
    package internal(set) var passesBegun = 0
    /// Passes whose last link left before everything was produced.
    package internal(set) var passesAbandoned = 0
    /// Links that were given a whole snapshot.
    package internal(set) var linksFinished = 0
    /// Links that left before its end, or before its beginning.
    package internal(set) var linksAborted = 0
    /// Bytes on the wire that were produced, once for all links of a pass.
    package internal(set) var producedBytes = 0
    /// Bytes that links were given.
    package internal(set) var sentBytes = 0
    package internal(set) var latestPosition: Position?
    /// Links that wait no more, for whatever reason.
    package internal(set) var settled = 0
}
