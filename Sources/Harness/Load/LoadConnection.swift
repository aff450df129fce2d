// One client of the load. In the closed loop it sends a batch, waits for all its answers, and sends the next; in the open
// loop its groups queue up behind each other.

import Sockets
import Workload

/// Touched by the load's thread alone.
final class LoadConnection {
    enum ReplyState {
        case incomplete
        case complete
        case wrong(String)
    }

    private static let reply: [UInt8] = Array("+OK\r\n".utf8)

    let number: UInt32
    let socket: Socket
    var batch: LoadBatch
    /// What an open loop has sent and not seen answered.
    var groups = GroupQueue()
    /// Bytes of the batch that the socket has taken.
    var written = 0
    /// Answers to the batch that have come.
    private var answered = 0
    /// Bytes of an answer whose end has not come.
    private var partial = 0
    private var lines = ReplyLines()
    var isOutstanding = false
    var sentAt: UInt64 = 0
    /// The sequence number of the batch's last command.
    private var sentThrough: UInt64 = 0

    init(number: UInt32, socket: Socket, batch: LoadBatch) {
        self.number = number
        self.socket = socket
        self.batch = batch
    }

    /// The last sequence number that was acknowledged, of a closed loop of SETs.
    var acknowledgedThrough: UInt64? {
        guard self.sentThrough > 0 else { return nil }
        return self.sentThrough - UInt64(self.batch.depth) + UInt64(self.answered)
    }

    func began(at now: UInt64, through sequence: UInt64) {
        self.sentAt = now
        self.sentThrough = sequence
        self.written = 0
        self.answered = 0
        self.isOutstanding = true
    }

    /// Sends what is left of the batch. Returns whether all of it has gone, or nil when the connection broke.
    func send() -> Bool? {
        let bytes = self.batch.bytes
        while self.written < bytes.count {
            let result = bytes.withUnsafeBytes { bytes in
                self.socket.write(UnsafeRawBufferPointer(rebasing: bytes[self.written...]))
            }
            switch result {
            case .moved(let count): self.written += count
            case .wouldBlock: return false
            case .ended, .failed: return nil
            }
        }
        return true
    }

    /// Takes answer bytes of a closed loop.
    func receive(_ bytes: UnsafeRawBufferPointer) -> ReplyState {
        guard let count = self.count(bytes) else { return .wrong(String(decoding: bytes.prefix(128), as: UTF8.self)) }
        self.answered += count
        if self.answered > self.batch.depth { return .wrong("more answers than commands") }
        return self.answered == self.batch.depth ? .complete : .incomplete
    }

    /// Answers that end in these bytes, each of them `+OK` unless commands are mixed; nil when one is none.
    func count(_ bytes: UnsafeRawBufferPointer) -> Int? {
        guard self.batch.isPlain else { return self.lines.count(bytes) }
        for byte in bytes {
            if byte != Self.reply[self.partial % Self.reply.count] { return nil }
            self.partial += 1
        }
        defer { self.partial %= Self.reply.count }
        return self.partial / Self.reply.count
    }
}

/// The groups of an open loop on one connection.
struct GroupQueue {
    struct Group {
        /// When it was meant to go and when it went, in monotonic nanoseconds.
        var intended: UInt64
        var sent: UInt64
        /// Answers that are due.
        var commands: Int
    }

    private var groups: [Group] = []
    private var head = 0
    /// Bytes that the socket has not taken.
    private var output: [UInt8] = []
    private var written = 0

    /// Everything has been sent and answered.
    var isEmpty: Bool { self.head == self.groups.count }
    /// The socket did not take everything, so that it is watched for room.
    private(set) var isBlocked = false
    var count: Int { self.groups.count - self.head }

    mutating func append(_ group: Group, _ bytes: [UInt8]) {
        self.groups.append(group)
        self.output += bytes
    }

    /// Sends what is left. Returns whether all of it has gone, or nil when the connection broke.
    mutating func send(_ socket: Socket) -> Bool? {
        self.isBlocked = true
        while self.written < self.output.count {
            let result = self.output.withUnsafeBytes { bytes in
                socket.write(UnsafeRawBufferPointer(rebasing: bytes[self.written...]))
            }
            switch result {
            case .moved(let count): self.written += count
            case .wouldBlock: return false
            case .ended, .failed: return nil
            }
        }
        self.output.removeAll(keepingCapacity: true)
        self.written = 0
        self.isBlocked = false
        return true
    }

    /// Enters answers and calls `body` for each group that they complete. Returns false when more came than were due.
    mutating func receive(_ answers: Int, _ body: (Group) -> Void) -> Bool {
        var rest = answers
        while rest > 0 {
            guard self.head < self.groups.count else { return false }
            let due = self.groups[self.head].commands
            guard rest >= due else {
                self.groups[self.head].commands -= rest
                return true
            }
            rest -= due
            body(self.groups[self.head])
            self.head += 1
        }
        if self.head == self.groups.count || self.head > 1024 {
            self.groups.removeFirst(self.head)
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
