// Links that stand at the tip have nothing to get, so their shard need not be woken for them: they wait here until the
// shard writes something (or looks by itself, ten times a second), and a replica that goes away before that never costs
// the shard anything. A storm of handshakes is met by the port's thread alone.
//
// Nothing is missed: the port parks a link and then looks at the tip once more, while the shard shows a new tip and then
// looks for parked links. Whichever comes second sees the other.

import Synchronization

final class ParkedLinks: Sendable {
    private let count = Atomic<Int>(0)
    private let events = Mutex<[UInt64: LinkEvent]>([:])

    /// Parks the opening of a link. The caller then checks the tip.
    func park(_ number: UInt64, _ opening: LinkEvent) {
        self.events.withLock { $0[number] = opening }
        self.count.wrappingAdd(1, ordering: .sequentiallyConsistent)
    }

    /// Takes a link back that its shard has not seen yet; false when the shard has it.
    func takeBack(_ number: UInt64) -> Bool {
        guard self.events.withLock({ $0.removeValue(forKey: number) }) != nil else { return false }
        self.count.wrappingSubtract(1, ordering: .sequentiallyConsistent)
        return true
    }

    var isEmpty: Bool { self.count.load(ordering: .sequentiallyConsistent) == 0 }

    /// All that are parked, for their shard: the oldest first, because of two with one id the later one stays.
    func takeAll() -> [LinkEvent] {
        guard !self.isEmpty else { return [] }
        let taken = self.events.withLock { events in
            defer { events = [:] }
            return events.sorted { $0.key < $1.key }.map(\.value)
        }
        self.count.wrappingSubtract(taken.count, ordering: .sequentiallyConsistent)
        return taken
    }
}
