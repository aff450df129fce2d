// What a loss of power leaves.
//
// Of the changes since the last sync each lasts or not by itself, in no order but that of those that last: a disk writes
// when and what it likes. A write that lasts may do so in part: a beginning of it, or some of its sectors. Where the size
// lasted and the bytes did not, there are zeros. A change of names lasts or not as a whole; in particular a rename leaves
// the old file or the new one under the target's name, never none.

internal import Primitives
internal import Synchronization

extension FaultyStorage {
    /// What a disk writes at once.
    static let sectorBytes = 512

    /// Loses power, and gets it back: the other faults stay, handles opened before fail from now on.
    package func crash(using generator: inout some RandomNumberGenerator) {
        // The lock takes no generator from outside; one drawn number carries its choices in.
        let seed = generator.next()
        self.state.withLock { state in
            var generator = SeededGenerator(seed: seed)
            state.life += 1
            state.faults.changesBeforePowerLoss = nil
            for file in state.directory.reachable { file.crash(lasting: file.lasting(using: &generator)) }
            state.directory.crash { Bool.random(using: &generator) }
        }
    }
}

extension FaultyFile {
    /// A choice of what the disk has of the changes since the last sync.
    func lasting(using generator: inout SeededGenerator) -> [Change] {
        // Everything and nothing are what real disks leave most often, and what a subset of many changes never is.
        switch Int.random(in: 0..<8, using: &generator) {
        case 0: return []
        case 1: return self.unsynced
        default: break
        }
        var lasting: [Change] = []
        for change in self.unsynced where Bool.random(using: &generator) {
            switch change {
            case .truncate, .extend: lasting.append(change)
            case .write(let bytes, let offset): lasting += Self.torn(bytes, at: offset, using: &generator)
            }
        }
        return lasting
    }

    private static func torn(_ bytes: [UInt8], at offset: Int, using generator: inout SeededGenerator) -> [Change] {
        switch Int.random(in: 0..<4, using: &generator) {
        case 0, 1:
            return [.write(bytes, offset: offset)]
        case 2:
            return [.write(Array(bytes[..<Int.random(in: 0..<bytes.count, using: &generator)]), offset: offset)]
        default:
            // The size may last without the bytes; whether it does shows where the last sector was lost.
            var parts: [Change] = []
            if Bool.random(using: &generator) { parts.append(.extend(offset + bytes.count)) }
            var start = 0
            while start < bytes.count {
                let sectorEnd = (offset + start) / FaultyStorage.sectorBytes * FaultyStorage.sectorBytes
                let end = min(bytes.count, sectorEnd + FaultyStorage.sectorBytes - offset)
                if Bool.random(using: &generator) {
                    parts.append(.write(Array(bytes[start..<end]), offset: offset + start))
                }
                start = end
            }
            return parts
        }
    }
}
