import Primitives
import Workload

/// A pipeline's worth of commands, of one kind or mixed.
struct LoadBatch {
    // Two optionals instead of an enum: both are changed in place without moving their buffers.
    private var sets: SetBatch?
    private var mixed: MixedBatch?
    let depth: Int

    init(_ batch: SetBatch) {
        self.sets = batch
        self.depth = batch.depth
    }

    init(_ batch: MixedBatch) {
        self.mixed = batch
        self.depth = batch.depth
    }

    /// Whether every answer is `+OK`.
    var isPlain: Bool { self.mixed == nil }

    /// The commands, ready to be sent.
    var bytes: [UInt8] { self.sets?.bytes ?? self.mixed?.bytes ?? [] }

    /// Makes the next batch in place.
    mutating func advance(
        connection: UInt32,
        keys: KeyDistribution,
        ledger: inout Ledger,
        using generator: inout SeededGenerator
    ) {
        self.sets?.advance(connection: connection, keys: keys, ledger: &ledger, using: &generator)
        self.mixed?.advance(connection: connection, keys: keys, ledger: &ledger, using: &generator)
    }
}

/// Counts answers of one line each: `+OK`, `:7`, …
struct ReplyLines {
    /// The next byte begins an answer.
    private var isAtBeginning = true

    /// Answers that end in these bytes; nil when one of them is an error.
    mutating func count(_ bytes: UnsafeRawBufferPointer) -> Int? {
        var answers = 0
        for byte in bytes {
            if self.isAtBeginning, byte == UInt8(ascii: "-") { return nil }
            self.isAtBeginning = byte == UInt8(ascii: "\n")
            if self.isAtBeginning { answers += 1 }
        }
        return answers
    }
}
