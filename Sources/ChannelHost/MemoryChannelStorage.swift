/// A storage without a disk, for tests and for what may be lost with its process. It shows what a storage has to do.
public actor MemoryChannelStorage: ChannelStorage {
    private var state = StoredChannel()
    private var entries: [ChannelEntry] = []

    public init() {}

    public func open() -> StoredChannel { self.state }

    public func apply(_ changes: [ChannelChange]) throws {
        for change in changes {
            switch change {
            case .append(let entries): self.append(entries)
            case .truncate(let seq):
                self.entries.removeLast(Int(self.state.tail - seq))
                self.state.tail = seq
                self.state.last = self.entries.last
                self.state.lastTerm = self.entries.last?.term ?? 0
            case .skip(let seq):
                self.entries = []
                self.state.first = seq
                self.state.tail = seq
                self.state.last = nil
            case .restart(let seq, let lastTerm, let entries):
                self.entries = []
                self.state.first = seq
                self.state.tail = seq
                self.state.last = nil
                self.state.lastTerm = lastTerm
                self.append(entries)
            case .vote(let term, let node):
                self.state.ballotTerm = term
                self.state.votedFor = node
            case .sweep: break
            }
        }
    }

    private func append(_ entries: [ChannelEntry]) {
        for entry in entries {
            precondition(entry.seq == self.state.tail, "\(entry.seq) does not follow \(self.state.tail)")
            self.entries.append(entry)
            self.state.tail = entry.seq + 1
            self.state.last = entry
            self.state.lastTerm = entry.term
        }
    }

    public func read(from seq: UInt64, byteLimit: Int) -> (previous: ChannelEntry?, entries: [ChannelEntry])? {
        guard seq >= self.state.first else { return nil }
        guard seq <= self.state.tail else { return (nil, []) }
        let start = Int(seq - self.state.first)
        var found: [ChannelEntry] = []
        var bytes = 0
        for entry in self.entries[start...] where byteLimit > 0 {
            bytes += entry.payload.count
            guard found.isEmpty || bytes <= byteLimit else { break }
            found.append(entry)
        }
        return (start > 0 ? self.entries[start - 1] : nil, found)
    }
}
