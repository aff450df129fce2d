// One client of the closed loop: sends a batch, waits for all its answers, sends the next.

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
    var batch: SetBatch
    /// Bytes of the batch that the socket has taken.
    var written = 0
    /// Answer bytes that have come; the batch is answered at `Self.reply.count` times its depth.
    private var answered = 0
    var isOutstanding = false
    var sentAt: UInt64 = 0
    /// The sequence number of the batch's last command.
    private var sentThrough: UInt64 = 0

    init(number: UInt32, socket: Socket, batch: SetBatch) {
        self.number = number
        self.socket = socket
        self.batch = batch
    }

    /// The last sequence number that was acknowledged.
    var acknowledgedThrough: UInt64? {
        guard self.sentThrough > 0 else { return nil }
        return self.sentThrough - UInt64(self.batch.depth) + UInt64(self.answered / Self.reply.count)
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
        while self.written < self.batch.bytes.count {
            let result = self.batch.bytes.withUnsafeBytes { bytes in
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

    /// Takes answer bytes: each must be `+OK`.
    func receive(_ bytes: UnsafeRawBufferPointer) -> ReplyState {
        var place = self.answered % Self.reply.count
        for byte in bytes {
            if byte != Self.reply[place] {
                return .wrong(String(decoding: bytes.prefix(128), as: UTF8.self))
            }
            place = place == Self.reply.count - 1 ? 0 : place + 1
        }
        self.answered += bytes.count
        let due = self.batch.depth * Self.reply.count
        if self.answered > due { return .wrong("more answers than commands") }
        return self.answered == due ? .complete : .incomplete
    }
}
