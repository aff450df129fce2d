extension Keyspace {
    /// Begins counting anew (`CONFIG RESETSTAT`).
    package mutating func resetStatistics() {
        self.statistics = KeyspaceStatistics()
    }

    /// What keys and values take, in bytes, from a sample of them: good enough to compare with, and cheap enough to ask for
    /// at any time.
    package mutating func estimatedBytes(samples: Int = 32) -> Int {
        guard self.count > 0 else { return 0 }
        var bytes = 0
        for _ in 0..<samples {
            let entry = Slot.entry(self.table.randomSlot(using: &self.generator).slot.pointee)
            bytes += entry.allocatedBytes + (entry.box?.allocatedBytes ?? 0)
        }
        return bytes / samples * self.count
    }
}
