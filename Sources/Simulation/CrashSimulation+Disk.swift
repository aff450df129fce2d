// How the disk behaves in one life of a simulation: how fast it is, what goes wrong, and from when to when.

internal import Primitives

extension CrashSimulation {
    struct Disk {
        enum Trouble: CaseIterable {
            case none, oneSync, syncs, directorySyncs, oneWrite, writes, space
        }

        private(set) var trouble = Trouble.none
        private var slowest: Milliseconds = 0
        private var begins: Milliseconds = .max
        private var ends: Milliseconds = .max
        private var faults = FaultyStorage.Faults()

        init() {}

        init(using generator: inout SeededGenerator, from now: Milliseconds) {
            self.trouble =
                Bool.random(using: &generator) ? .none : Trouble.allCases.randomElement(using: &generator) ?? .none
            self.slowest = [0, 5, 40, 150, 150, 2_500].randomElement(using: &generator) ?? 0
            self.faults.hasShortWrites = Bool.random(using: &generator)
            self.faults.readsSeeDroppedWrites = Bool.random(using: &generator)
            self.faults.droppedWritesMayLast = Bool.random(using: &generator)
            self.begins = now + .random(in: 0...1_000, using: &generator)
            self.ends = self.begins + .random(in: 1...2_500, using: &generator)
        }

        /// Whether a sync may be late because of it.
        var isSlow: Bool { self.slowest > 150 }
        var isGood: Bool { self.trouble == .none && !self.isSlow }

        /// How long the next step of the log's thread takes; a job has two of them.
        func delay(using generator: inout SeededGenerator) -> Milliseconds {
            .random(in: 0...self.slowest, using: &generator)
        }

        /// When the trouble begins, or ends.
        var changesAt: Milliseconds { min(self.begins, self.ends) }

        mutating func change(_ storage: FaultyStorage, using generator: inout SeededGenerator) {
            guard self.begins < .max else {
                storage.faults = self.faults
                self.ends = .max
                return
            }
            self.begins = .max
            let counters = storage.counters
            var faults = self.faults
            switch self.trouble {
            case .none: break
            case .oneSync: faults.failingSyncs = .number(counters.syncs + .random(in: 1...3, using: &generator))
            case .syncs: faults.failingSyncs = .all
            case .directorySyncs: faults.failingDirectorySyncs = .all
            case .oneWrite: faults.failingWrites = .number(counters.writes + .random(in: 1...3, using: &generator))
            case .writes: faults.failingWrites = .all
            case .space: faults.capacityBytes = storage.usedBytes + .random(in: 0...400, using: &generator)
            }
            storage.faults = faults
        }

        /// Nothing goes wrong any more.
        mutating func heal() {
            self.begins = .max
            self.ends = .max
            self.slowest = min(self.slowest, 150)
        }
    }
}
