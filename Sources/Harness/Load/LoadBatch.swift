import Primitives
import Workload

/// A pipeline's worth of commands, of one kind and size or mixed.
struct LoadBatch {
    // Two optionals instead of an enum: both are changed in place without moving their buffers.
    private var sets: SetBatch?
    private var mixed: MixedBatch?
    /// The most commands that it can hold.
    let depth: Int
    /// Commands of the last one made.
    private(set) var count: Int

    init(_ batch: SetBatch) {
        self.sets = batch
        self.depth = batch.depth
        self.count = batch.depth
    }

    init(_ batch: MixedBatch, depth: Int) {
        self.mixed = batch
        self.depth = depth
        self.count = depth
    }

    /// Whether every answer is `+OK`.
    var isPlain: Bool { self.mixed == nil }

    /// The commands, ready to be sent; the first `byteCount` bytes.
    var bytes: [UInt8] { self.sets?.bytes ?? self.mixed?.bytes ?? [] }

    var byteCount: Int { self.sets.map { $0.commandSize * self.count } ?? self.mixed?.bytes.count ?? 0 }

    /// The DELs of the last one made.
    var deletions: [MixedBatch.Deletion] { self.mixed?.deletions ?? [] }

    /// Makes the next batch in place.
    /// - Parameter count: commands, at most `depth`.
    mutating func advance(
        _ count: Int,
        connection: UInt32,
        keys: KeyDistribution,
        ledger: inout Ledger,
        using generator: inout SeededGenerator
    ) {
        self.count = count
        self.sets?.advance(count, connection: connection, keys: keys, ledger: &ledger, using: &generator)
        self.mixed?.advance(count, connection: connection, keys: keys, ledger: &ledger, using: &generator)
    }
}

/// Counts answers of one line each: `+OK`, `:7`, …
struct ReplyLines {
    /// Bytes of the answer at work that have come.
    private var length = 0
    /// They are the beginning of `:0` and its end.
    private var isZero = true
    private static let zero: [UInt8] = Array(":0\r\n".utf8)

    /// Answers that end in these bytes; nil when one of them is an error.
    /// - Parameter each: called for every answer with whether it is `:0`.
    mutating func count(_ bytes: UnsafeRawBufferPointer, each: (Bool) -> Void = { _ in }) -> Int? {
        var answers = 0
        for byte in bytes {
            if self.length == 0, byte == UInt8(ascii: "-") { return nil }
            self.isZero = self.isZero && self.length < Self.zero.count && byte == Self.zero[self.length]
            self.length += 1
            guard byte == UInt8(ascii: "\n") else { continue }
            answers += 1
            each(self.isZero)
            self.length = 0
            self.isZero = true
        }
        return answers
    }
}

/// What answers say.
struct Answers {
    var commands = 0
    /// DELs that found nothing, and so were no mutations.
    var idle = 0
    /// DELs that found something, and what they add to the sum over the stream.
    var deleted: UInt64 = 0
    var digest: UInt64 = 0
}

/// DELs of one connection whose answers are due.
struct PendingDeletions {
    /// By the number of the command on its connection, rising.
    private var entries: [(number: UInt64, digest: UInt64)] = []
    private var head = 0
    private var sent: UInt64 = 0
    private var answered: UInt64 = 0

    /// Enters a batch that was sent.
    mutating func sent(_ batch: LoadBatch) {
        for deletion in batch.deletions {
            self.entries.append((self.sent + UInt64(deletion.place), deletion.digest))
        }
        self.sent += UInt64(batch.count)
    }

    /// Enters answers to commands among which there is no DEL.
    mutating func answered(_ commands: Int) { self.answered += UInt64(commands) }

    /// Enters the next answer of the connection.
    mutating func answered(isZero: Bool, _ answers: inout Answers) {
        defer { self.answered += 1 }
        guard self.head < self.entries.count, self.entries[self.head].number == self.answered else { return }
        if isZero {
            answers.idle += 1
        } else {
            answers.deleted += 1
            answers.digest &+= self.entries[self.head].digest
        }
        self.head += 1
        guard self.head == self.entries.count else { return }
        self.entries.removeAll(keepingCapacity: true)
        self.head = 0
    }
}
