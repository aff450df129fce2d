// One run over a shard's data, and the links that get it. What is produced is a row of pieces on the wire of every link: the
// line that opens the snapshot, the chunks, the line that ends it.

import DequeModule
import Primitives
import RESP

struct SnapshotPass {
    enum Stage {
        case producing
        /// Every byte of the file is there; the line that ends it waits until the position may be told.
        case produced
        case ended
    }

    let number: UInt64
    /// What the snapshot holds.
    let position: Position
    let chunkBytes: Int
    private(set) var stage = Stage.producing
    private(set) var pieces: Deque<SnapshotPiece> = []
    /// The number of the first of `pieces` in the row.
    private(set) var firstPiece = 0
    /// Payload that did not fill its chunk.
    var partial: SnapshotPiece?
    /// Links that read it.
    private(set) var readers: Int
    /// Bytes that may be produced before a link asks again.
    var creditBytes = 0
    private(set) var heldBytes = 0

    init(number: UInt64, position: Position, chunkBytes: Int, readers: Int) {
        self.number = number
        self.position = position
        self.chunkBytes = chunkBytes
        self.readers = readers
        self.append(SnapshotPiece(line: "+SNAPSHOT\r\n"))
    }

    mutating func append(_ piece: SnapshotPiece) {
        piece.readers = self.readers
        self.pieces.append(piece)
        self.heldBytes += piece.writer.allocatedBytes
    }

    mutating func finishProduction() {
        precondition(self.stage == .producing, "a snapshot is finished once")
        self.stage = .produced
    }

    mutating func end() {
        precondition(self.stage == .produced, "the end comes after the last byte")
        self.stage = .ended
        self.append(SnapshotPiece(line: "+SNAPSHOT_END \(self.position)\r\n"))
    }

    /// A piece by its number in the row; nil where it is still to come.
    subscript(number: Int) -> SnapshotPiece? {
        let index = number - self.firstPiece
        precondition(index >= 0, "a piece stays until every link has it")
        return index < self.pieces.count ? self.pieces[index] : nil
    }

    /// Whether the pieces before a number are all there will be.
    func isComplete(at number: Int) -> Bool {
        self.stage == .ended && number == self.firstPiece + self.pieces.count
    }

    /// A link has been given a whole piece.
    mutating func passed(_ number: Int, _ pool: inout SnapshotPiecePool) {
        self[number]?.readers -= 1
        self.letGo(&pool)
    }

    /// A link goes; it was to read from a piece on.
    mutating func readerLeft(at number: Int, _ pool: inout SnapshotPiecePool) {
        self.readers -= 1
        for index in (number - self.firstPiece)..<self.pieces.count { self.pieces[index].readers -= 1 }
        self.letGo(&pool)
    }

    /// A link that has passed a piece has passed those before it, so that they are let go from the front.
    private mutating func letGo(_ pool: inout SnapshotPiecePool) {
        while let piece = self.pieces.first, piece.readers == 0 {
            self.pieces.removeFirst()
            self.firstPiece += 1
            self.heldBytes -= piece.writer.allocatedBytes
            pool.giveBack(piece)
        }
    }
}
