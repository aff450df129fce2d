// A connection between a replica and the primary: two sockets that hold little, and a network that delivers what it likes of what is
// on its way, breaks anywhere, and stands still for a while.

internal import Primitives
internal import Replication

final class SimulatedWire {
    let number: UInt64
    private let capacityBytes: Int
    private var generator: SeededGenerator
    private var toReplica: [UInt8] = []
    private var toPrimary: [UInt8] = []
    /// The primary was refused room, and is to be told when there is some.
    private var isRoomWanted = false
    /// Reset: what was on its way is gone, and both ends get to know.
    private(set) var isBroken = false
    /// The primary has ended it: what is on its way still arrives.
    private(set) var isEnding = false
    /// The primary is gone, and nobody tells the replica.
    private var isMute = false
    /// Bytes that still arrive at the replica before it breaks; nil for no end.
    private var bytesBeforeReset: Int?
    private var standsStillUntil: Milliseconds = 0

    init(number: UInt64, capacityBytes: Int, seed: UInt64) {
        self.number = number
        self.capacityBytes = capacityBytes
        self.generator = SeededGenerator(seed: seed)
    }

    /// Whether nothing will arrive at the replica any more.
    var isOver: Bool { self.isBroken || (self.isEnding && !self.isMute && self.toReplica.isEmpty) }

    // MARK: The primary's end

    /// Takes a beginning of the bytes, as a socket does.
    func take(_ bytes: Bytes) -> SendOutcome {
        guard !self.isBroken, !self.isEnding else { return .broken }
        let room = min(bytes.count, self.capacityBytes - self.toReplica.count)
        let isPicky = Int.random(in: 0..<4, using: &self.generator) == 0
        let count = isPicky ? .random(in: 0...room, using: &self.generator) : room
        self.toReplica.append(contentsOf: bytes.prefix(count))
        if count < bytes.count { self.isRoomWanted = true }
        return .took(count)
    }

    /// Whether a socket that was full has room again; tells it once.
    func hasRoomAgain() -> Bool {
        guard self.isRoomWanted, !self.isBroken, self.toReplica.count < self.capacityBytes else { return false }
        self.isRoomWanted = false
        return true
    }

    /// Some of what the replica has said.
    func hear() -> [UInt8] {
        guard !self.toPrimary.isEmpty else { return [] }
        let count = Int.random(in: 1...self.toPrimary.count, using: &self.generator)
        defer { self.toPrimary.removeFirst(count) }
        return Array(self.toPrimary.prefix(count))
    }

    /// The primary ends the connection, with a last line where that has room.
    func end(_ message: String?) {
        if let message, !self.isBroken, self.capacityBytes - self.toReplica.count >= message.utf8.count {
            self.toReplica.append(contentsOf: message.utf8)
        }
        self.isEnding = true
    }

    /// The primary loses power: of what is on its way some arrives, and then it breaks, or nothing comes for ever.
    func losePrimary() {
        let count = Int.random(in: 0...self.toReplica.count, using: &self.generator)
        self.toReplica.removeLast(self.toReplica.count - count)
        self.isEnding = true
        self.isMute = Int.random(in: 0..<4, using: &self.generator) == 0
    }

    // MARK: The replica's end

    /// Some of what is on its way, cut anywhere.
    func arrive(now: Milliseconds) -> [UInt8] {
        guard !self.isBroken, now >= self.standsStillUntil, !self.toReplica.isEmpty else { return [] }
        var count = self.toReplica.count
        if Bool.random(using: &self.generator) { count = .random(in: 1...count, using: &self.generator) }
        if let left = self.bytesBeforeReset {
            count = min(count, left)
            self.bytesBeforeReset = left - count
        }
        let bytes = Array(self.toReplica.prefix(count))
        self.toReplica.removeFirst(count)
        if self.bytesBeforeReset == 0 { self.reset() }
        return bytes
    }

    func say(_ bytes: Bytes) {
        if !self.isBroken, !self.isEnding { self.toPrimary.append(contentsOf: bytes) }
    }

    // MARK: The network

    func reset() {
        self.isBroken = true
        self.toReplica.removeAll()
        self.toPrimary.removeAll()
    }

    func reset(afterBytes count: Int) { if count == 0 { self.reset() } else { self.bytesBeforeReset = count } }

    func standStill(until time: Milliseconds) { self.standsStillUntil = time }

    /// Nothing goes wrong any more.
    func heal() {
        self.bytesBeforeReset = nil
        self.standsStillUntil = 0
    }
}
