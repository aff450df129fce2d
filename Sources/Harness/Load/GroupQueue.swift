import Sockets

/// The groups of an open loop on one connection.
struct GroupQueue {
    struct Group {
        /// When it was meant to go, and when the generator took it up, in monotonic nanoseconds.
        var intended: UInt64
        var taken: UInt64
        /// When the last of its bytes was handed to the socket.
        var sent: UInt64 = 0
        let commands: Int
        /// Answers that are due.
        var due: Int
        /// The end of its bytes, counted over the connection.
        var end: UInt64 = 0

        init(intended: UInt64, taken: UInt64, commands: Int) {
            self.intended = intended
            self.taken = taken
            self.commands = commands
            self.due = commands
        }
    }

    private var groups: [Group] = []
    private var head = 0
    /// The first group that the socket has not taken whole.
    private var unsent = 0
    /// Bytes that the socket has not taken.
    private var output: [UInt8] = []
    private var written = 0
    /// Bytes given and taken since the beginning.
    private var given: UInt64 = 0
    private var taken: UInt64 = 0

    /// Everything has been sent and answered.
    var isEmpty: Bool { self.head == self.groups.count }
    /// The socket did not take everything, so that it is watched for room.
    private(set) var isBlocked = false
    var count: Int { self.groups.count - self.head }

    mutating func append(_ group: Group, _ bytes: ArraySlice<UInt8>) {
        self.given += UInt64(bytes.count)
        var group = group
        group.end = self.given
        self.groups.append(group)
        self.output += bytes
    }

    /// Sends what is left. Returns whether all of it has gone, or nil when the connection broke.
    mutating func send(_ socket: Socket) -> Bool? {
        self.isBlocked = true
        defer { self.noteSent(at: Clocks.monotonicNanoseconds) }
        while self.written < self.output.count {
            let result = self.output.withUnsafeBytes { bytes in
                socket.write(UnsafeRawBufferPointer(rebasing: bytes[self.written...]))
            }
            switch result {
            case .moved(let count):
                self.written += count
                self.taken += UInt64(count)
            case .wouldBlock: return false
            case .ended, .failed: return nil
            }
        }
        self.output.removeAll(keepingCapacity: true)
        self.written = 0
        self.isBlocked = false
        return true
    }

    private mutating func noteSent(at now: UInt64) {
        while self.unsent < self.groups.count, self.groups[self.unsent].end <= self.taken {
            self.groups[self.unsent].sent = now
            self.unsent += 1
        }
    }

    /// Enters answers and calls `body` for each group that they complete. Returns false when more came than were due.
    mutating func receive(_ answers: Int, _ body: (Group) -> Void) -> Bool {
        var rest = answers
        while rest > 0 {
            guard self.head < self.groups.count else { return false }
            let due = self.groups[self.head].due
            guard rest >= due else {
                self.groups[self.head].due -= rest
                return true
            }
            rest -= due
            body(self.groups[self.head])
            self.head += 1
        }
        if self.head == self.groups.count || self.head > 1024 {
            self.groups.removeFirst(self.head)
            self.unsent = max(0, self.unsent - self.head)
            self.head = 0
        }
        return true
    }

    /// Forgets everything; returns how many groups had not been answered.
    mutating func abandon() -> Int {
        defer { self = GroupQueue() }
        return self.count
    }
}
