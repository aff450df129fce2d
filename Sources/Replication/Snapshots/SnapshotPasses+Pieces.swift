// The bytes of passes: who is to produce the next ones, and who is given which.

package import Primitives
import RESP

/// A piece that is to be filled: bytes of the file are appended to its writer, about so many as the limit says.
package struct SnapshotWork {
    package let pass: UInt64
    package let piece: SnapshotPiece
    package let limitBytes: Int
}

extension SnapshotPasses {
    /// Bytes that a pass may produce for a link that has everything: what that link takes at a time. Fewer would wake the
    /// replica more often than need be, and more would not stay in the processor's cache until the last link has them.
    static let creditBytes = 512 << 10
    /// A piece's last part is left free, so that an entry of a usual size does not pass its end and need to be moved.
    private static func slack(_ chunkBytes: Int) -> Int { min(2048, chunkBytes / 8) }

    /// Bytes of the file in one piece, so that a piece with its envelope takes a round number of bytes.
    private static func mostPayload(_ chunkBytes: Int) -> Int { chunkBytes - SnapshotPiece.envelopeBytes }

    // MARK: Production

    /// What is to be produced next; nil when nobody asks, or the rate does not allow it yet.
    package mutating func takeWork(now: Milliseconds) -> SnapshotWork? {
        guard self.passes.contains(where: { $0.stage == .producing && $0.creditBytes > 0 }),
            self.rate.isOpen(now: now)
        else { return nil }
        for step in 0..<self.passes.count {
            let index = (self.nextProducer + step) % self.passes.count
            guard self.passes[index].stage == .producing, self.passes[index].creditBytes > 0 else { continue }
            self.nextProducer = index + 1
            let chunkBytes = self.passes[index].chunkBytes
            let piece = self.passes[index].partial.take() ?? self.emptyPiece(chunkBytes)
            let limit = max(1, Self.mostPayload(chunkBytes) - Self.slack(chunkBytes) - piece.payloadCount)
            return SnapshotWork(pass: self.passes[index].number, piece: piece, limitBytes: limit)
        }
        return nil
    }

    /// Whether `takeWork` would give something.
    package func hasWork(now: Milliseconds) -> Bool {
        self.rate.wait(now: now) == 0 && self.passes.contains { $0.stage == .producing && $0.creditBytes > 0 }
    }

    private mutating func emptyPiece(_ chunkBytes: Int) -> SnapshotPiece {
        let piece = self.pool.take(capacity: chunkBytes)
        piece.begin()
        return piece
    }

    /// The work is done: what was appended goes to the links of the pass.
    /// - Parameter isFinished: the file is complete.
    package mutating func produced(_ work: SnapshotWork, isFinished: Bool) {
        guard let index = self.index(of: work.pass) else { return }
        let chunkBytes = self.passes[index].chunkBytes
        let most = Self.mostPayload(chunkBytes)
        let total = work.piece.payloadCount
        var rest: [SnapshotPiece] = []
        var offset = most
        while offset < total {
            let piece = self.emptyPiece(chunkBytes)
            piece.append(Bytes(rebasing: work.piece.payload(from: offset).prefix(most)))
            rest.append(piece)
            offset += most
        }
        if let last = rest.last, last.payloadCount < most, !isFinished {
            self.passes[index].partial = last
            rest.removeLast()
        }
        if total > 0 {
            self.append(work.piece, payloadBytes: min(total, most), to: index)
        } else {
            self.pool.giveBack(work.piece)
        }
        for piece in rest { self.append(piece, payloadBytes: piece.payloadCount, to: index) }
        if isFinished { self.passes[index].finishProduction() }
        self.giveUpLaggards(index)
    }

    private mutating func append(_ piece: SnapshotPiece, payloadBytes: Int, to index: Int) {
        piece.seal(payloadBytes: payloadBytes)
        self.passes[index].append(piece)
        self.passes[index].creditBytes -= piece.count
        self.rate.spend(piece.count)
        self.statistics.producedBytes += piece.count
    }

    /// Ends snapshots whose position may be told now: everything in them is as safe as what links are sent.
    package mutating func tipReached(_ tip: Position) {
        for index in self.passes.indices where self.passes[index].stage == .produced {
            if self.passes[index].position <= tip { self.passes[index].end() }
        }
    }

    /// Whether a snapshot waits for its position to be told.
    package func hasEnding(at tip: Position) -> Bool {
        self.passes.contains { $0.stage == .produced && $0.position <= tip }
    }

    // MARK: Reading

    /// Whether the link can be given something now.
    package func hasBytes(for link: UInt64) -> Bool {
        guard let reader = self.readers[link], let index = self.index(of: reader.pass) else { return false }
        return self.passes[index][reader.piece] != nil
    }

    /// What the link is to be given next; nil when it has everything that there is, and more is asked for on its behalf.
    /// The bytes are valid until the next change.
    package mutating func next(for link: UInt64) -> Bytes? {
        guard let reader = self.readers[link], let index = self.index(of: reader.pass) else { return nil }
        guard let piece = self.passes[index][reader.piece] else {
            self.passes[index].creditBytes = Self.creditBytes
            return nil
        }
        return Bytes(rebasing: piece.bytes.dropFirst(reader.offset))
    }

    /// The link was given so many bytes of what `next` offered.
    /// - Returns: the snapshot's position, once the link has all of it; it is not known here any more then.
    package mutating func took(_ link: UInt64, _ count: Int) -> Position? {
        guard var reader = self.readers[link], let index = self.index(of: reader.pass),
            let piece = self.passes[index][reader.piece]
        else { return nil }
        precondition(count >= 0 && reader.offset + count <= piece.count, "nobody takes more than there is")
        self.statistics.sentBytes += count
        reader.takenBytes += count
        reader.offset += count
        if reader.offset == piece.count {
            self.passes[index].passed(reader.piece, &self.pool)
            reader.piece += 1
            reader.offset = 0
        }
        guard reader.offset == 0, self.passes[index].isComplete(at: reader.piece) else {
            self.readers[link] = reader
            return nil
        }
        let position = self.passes[index].position
        self.readers[link] = nil
        self.statistics.linksFinished += 1
        self.passes[index].readerLeft(at: reader.piece, &self.pool)
        self.removeIfDone(index)
        return position
    }

    // MARK: Facts

    package var passCount: Int { self.passes.count }
    package var waitingCount: Int { self.waiting.count }
    package var sendingCount: Int { self.readers.count }

    /// Memory of the pieces.
    package var heldBytes: Int {
        self.passes.reduce(self.pool.allocatedBytes) {
            $0 + $1.heldBytes + ($1.partial?.writer.allocatedBytes ?? 0)
        }
    }

    /// Bytes that have been produced and that the link has not been given.
    package func behindBytes(of link: UInt64) -> Int {
        guard let reader = self.readers[link], let index = self.index(of: reader.pass) else { return 0 }
        let pass = self.passes[index]
        let ahead = pass.pieces.dropFirst(reader.piece - pass.firstPiece)
        return ahead.reduce(-reader.offset) { $0 + $1.count }
    }
}
