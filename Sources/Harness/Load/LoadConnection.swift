// One client of the load. In the closed loop it sends a batch, waits for all its answers, and sends the next; in the open
// loop its groups queue up behind each other.

import Sockets
import Workload

/// Touched by the load's thread alone.
final class LoadConnection {
    enum ReplyState {
        case incomplete
        case complete
        /// More than was asked for.
        case excess
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
    private var deletions = PendingDeletions()
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

    /// A batch of a closed loop is about to be sent.
    func began(at now: UInt64, through sequence: UInt64) {
        self.deletions.sent(self.batch)
        self.sentAt = now
        self.sentThrough = sequence
        self.written = 0
        self.answered = 0
        self.isOutstanding = true
    }

    /// A group of an open loop is about to be sent, made from a batch that all connections share.
    func began(_ group: GroupQueue.Group, _ batch: LoadBatch) {
        self.deletions.sent(batch)
        self.groups.append(group, batch.bytes.prefix(batch.byteCount))
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

    /// Enters answers to the batch of a closed loop.
    func receive(_ answers: Answers) -> ReplyState {
        self.answered += answers.commands
        if self.answered > self.batch.depth { return .excess }
        return self.answered == self.batch.depth ? .complete : .incomplete
    }

    /// What these bytes answer, each with `+OK` unless commands are mixed; nil when one is none.
    func answers(_ bytes: UnsafeRawBufferPointer) -> Answers? {
        var answers = Answers()
        guard self.batch.isPlain else {
            let count = self.lines.count(bytes) { self.deletions.answered(isZero: $0, &answers) }
            guard let count else { return nil }
            answers.commands = count
            return answers
        }
        for byte in bytes {
            if byte != Self.reply[self.partial % Self.reply.count] { return nil }
            self.partial += 1
        }
        answers.commands = self.partial / Self.reply.count
        self.partial %= Self.reply.count
        self.deletions.answered(answers.commands)
        return answers
    }
}
