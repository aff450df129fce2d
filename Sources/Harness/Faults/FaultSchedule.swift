// Which faults happen when, as a value that is read from text, checked, and asked what is due; who carries them out is
// `FaultStage`.

/// Something that goes wrong for a while.
package struct Fault: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// The primary's process stands still (SIGSTOP).
        case pause
        /// A live replica is killed, and started again without its data at the end.
        case kill
        /// The disk of a live replica is full.
        case fill
        /// Every link through the proxy is reset, and none comes up.
        case cut
        /// Each link carries only so much.
        case slow(bytesPerSecond: Int)
        /// Everything on the links comes so much later.
        case delay(milliseconds: Int)
    }

    package var kind: Kind
    /// Since the measuring began, in seconds.
    package var start: Double
    /// In seconds.
    package var length: Double

    package init(_ kind: Kind, start: Double, length: Double) {
        self.kind = kind
        self.start = start
        self.length = length
    }

    package var end: Double { self.start + self.length }

    /// One word for it, in results and charts.
    package var name: String {
        switch self.kind {
        case .pause: "pause"
        case .kill: "kill"
        case .fill: "fill"
        case .cut: "cut"
        case .slow: "slow"
        case .delay: "delay"
        }
    }

    /// For a reader of the timeline.
    package var text: String {
        let seconds = Self.text(self.length)
        return switch self.kind {
        case .pause: "the primary stood still for \(seconds) s"
        case .kill: "a live replica was killed, and started again after \(seconds) s"
        case .fill: "the disk of a live replica was full for \(seconds) s"
        case .cut: "every link was cut for \(seconds) s"
        case .slow(let rate): "each link carried \(rate) bytes/s for \(seconds) s"
        case .delay(let milliseconds): "every link was \(milliseconds) ms slower for \(seconds) s"
        }
    }

    static func text(_ seconds: Double) -> String {
        seconds == seconds.rounded() ? String(Int(seconds)) : String(seconds)
    }
}

extension Fault: CustomStringConvertible {
    /// As it is read: `slow=1000000@6+2`.
    package var description: String {
        let amount =
            switch self.kind {
            case .pause, .kill, .fill, .cut: ""
            case .slow(let rate): "=\(rate)"
            case .delay(let milliseconds): "=\(milliseconds)"
            }
        return "\(self.name)\(amount)@\(Self.text(self.start))+\(Self.text(self.length))"
    }

    /// Reads `pause@2+1`: what, when and for how long, in seconds; `slow=BYTES` and `delay=MILLISECONDS` take an amount.
    package init(parsing text: String) throws(HarnessError) {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        let times = parts.last?.split(separator: "+", omittingEmptySubsequences: false).map { Double($0) } ?? []
        let words = parts.first?.split(separator: "=", omittingEmptySubsequences: false) ?? []
        guard parts.count == 2, times.count == 2, let start = times[0], let length = times[1],
            start.isFinite, start >= 0, length.isFinite, length > 0, start + length <= Self.longest,
            let kind = Self.kind(words)
        else {
            throw HarnessError(
                .usage,
                """
                '\(text)' is no fault; write KIND@START+LENGTH in seconds (at most \(Int(Self.longest)) in all) with pause, \
                kill, fill, cut, slow=BYTES-PER-SECOND or delay=MILLISECONDS, as in pause@2+1 or slow=1000000@6+2
                """
            )
        }
        self.init(kind, start: start, length: length)
    }

    /// No timeline is longer, in seconds.
    private static let longest = 3600.0
    private static let mostDelay = 60_000

    private static func kind(_ words: [Substring]) -> Kind? {
        let amount = words.count == 2 ? Int(words[1]).flatMap { $0 > 0 ? $0 : nil } : nil
        switch (words.first, words.count, amount) {
        case ("pause", 1, _): return .pause
        case ("kill", 1, _): return .kill
        case ("fill", 1, _): return .fill
        case ("cut", 1, _): return .cut
        case ("slow", 2, let amount?): return .slow(bytesPerSecond: amount)
        case ("delay", 2, let amount?) where amount <= Self.mostDelay: return .delay(milliseconds: amount)
        default: return nil
        }
    }
}

/// Faults in the order of their times; at most one at a time, so that what follows from each can be told apart.
package struct FaultSchedule: Hashable, Sendable, CustomStringConvertible {
    package let faults: [Fault]

    /// - Throws: `usage` when two faults overlap, or there is none.
    package init(_ faults: [Fault]) throws(HarnessError) {
        let ordered = faults.sorted { $0.start < $1.start }
        guard !ordered.isEmpty else { throw HarnessError(.usage, "a timeline needs at least one fault") }
        for (one, next) in zip(ordered, ordered.dropFirst()) where next.start < one.end {
            throw HarnessError(.usage, "the faults \(one) and \(next) overlap; one must end before the next begins")
        }
        self.faults = ordered
    }

    /// Reads faults with spaces or commas between them.
    package init(parsing text: String) throws(HarnessError) {
        var faults: [Fault] = []
        for word in text.split(whereSeparator: { $0 == " " || $0 == "," }) {
            faults.append(try Fault(parsing: String(word)))
        }
        try self.init(faults)
    }

    package var description: String { self.faults.map(\.description).joined(separator: " ") }

    /// When the last fault ends, in seconds.
    package var end: Double { self.faults.map(\.end).max() ?? 0 }

    /// Whether it takes a live replica.
    var needsLiveReplica: Bool { self.faults.contains { $0.kind == .kill || $0.kind == .fill } }
    /// Whether it takes a disk of the harness's own.
    var needsDisk: Bool { self.faults.contains { $0.kind == .fill } }
    /// Whether it takes the primary's process.
    var needsProcess: Bool { self.faults.contains { $0.kind == .pause } }
}

/// How far a schedule has come.
struct FaultProgress {
    /// What is to be done now.
    enum Step: Equatable {
        case begin(Fault)
        case end(Fault)
    }

    private let schedule: FaultSchedule
    private var next = 0
    private var active: Fault?

    init(_ schedule: FaultSchedule) { self.schedule = schedule }

    var isOver: Bool { self.active == nil && self.next == self.schedule.faults.count }

    /// Takes the next step that is due, `seconds` after the measuring began; nil when none is.
    mutating func take(at seconds: Double) -> Step? {
        if let fault = self.active {
            guard seconds >= fault.end else { return nil }
            self.active = nil
            return .end(fault)
        }
        guard self.next < self.schedule.faults.count, seconds >= self.schedule.faults[self.next].start else {
            return nil
        }
        let fault = self.schedule.faults[self.next]
        self.next += 1
        self.active = fault
        return .begin(fault)
    }
}
