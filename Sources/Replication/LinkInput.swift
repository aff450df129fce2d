// What a replica says once its stream runs: acknowledgements and states, as commands in between. Anything else is skipped
// up to its line end, so that a newer replica can say more than we understand.

package import Primitives
import RESP

/// One report of a replica.
package enum LinkReport: Equatable, Sendable {
    /// It has applied everything up to `applied`, and `durable` is safe on its disk (nil when it does not say).
    case acknowledged(applied: Position, durable: Position?)
    case state(applyErrors: UInt64, divergences: UInt64, isRebootstrapping: Bool)
}

/// What many reports come to: positions only go forward, and of the states the last one holds. Whoever passes reports on
/// passes these, so that a replica that reports without end does not fill anybody's queue.
package struct MergedReports {
    package private(set) var reports: [LinkReport] = []

    package init() {}

    package mutating func add(_ report: LinkReport) {
        for (index, known) in self.reports.enumerated() {
            switch (known, report) {
            case (.acknowledged(let applied, let durable), .acknowledged(let laterApplied, let laterDurable)):
                let latest = [durable, laterDurable].compactMap { $0 }.max()
                self.reports[index] = .acknowledged(applied: max(applied, laterApplied), durable: latest)
                return
            case (.state, .state):
                self.reports[index] = report
                return
            case (.acknowledged, .state), (.state, .acknowledged): continue
            }
        }
        self.reports.append(report)
    }
}

/// Finds reports in a link's input. Holds at most `longestInput` bytes.
package struct LinkInput {
    /// Bytes of unparsed input; a link that sends more without a line end is closed.
    package static let longestInput = 64 * 1024

    private var held: [UInt8] = []

    package init() {}

    /// Takes what has arrived and calls `report` for each report in it.
    /// - Returns: false when the input passed its limit and the link must be closed.
    package mutating func received(_ bytes: Bytes, _ report: (LinkReport) -> Void) -> Bool {
        if self.held.isEmpty {
            let used = Self.parse(bytes, report)
            self.held = Array(bytes.dropFirst(used))
        } else {
            self.held.append(contentsOf: bytes)
            let used = self.held.withUnsafeBytes { Self.parse($0, report) }
            if used == self.held.count { self.held = [] } else { self.held.removeFirst(used) }
        }
        return self.held.count <= Self.longestInput
    }

    private static func parse(_ bytes: Bytes, _ report: (LinkReport) -> Void) -> Int {
        var used = 0
        var parser = CommandParser()
        while used < bytes.count {
            switch parser.next(in: Bytes(rebasing: bytes[used...])) {
            case .command(let consumed):
                if let found = Self.report(parser.current) { report(found) }
                used += consumed
            case .nothing(let consumed): used += consumed
            case .incomplete: return used
            case .failed:
                guard let newline = bytes[used...].firstIndex(of: UInt8(ascii: "\n")) else { return used }
                used = newline + 1
            }
            parser.advance()
        }
        return used
    }

    private static func report(_ command: Command) -> LinkReport? {
        guard command.count >= 3, command[0].equalsIgnoringCase("REPLCONF") else { return nil }
        if command[1].equalsIgnoringCase("ACK"), let applied = Decimal.readUnsigned(command[2]) {
            return .acknowledged(applied: applied, durable: command.count > 3 ? Decimal.readUnsigned(command[3]) : nil)
        }
        guard command.count == 5, command[1].equalsIgnoringCase("STATE"),
            let applyErrors = Decimal.readUnsigned(command[2]), let divergences = Decimal.readUnsigned(command[3])
        else { return nil }
        return .state(
            applyErrors: applyErrors,
            divergences: divergences,
            isRebootstrapping: command[4].equalsIgnoringCase("1")
        )
    }
}
