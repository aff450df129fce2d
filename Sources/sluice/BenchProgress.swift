import Foundation
import Harness

/// Shows where a run is: one line that is rewritten on a terminal, plain lines elsewhere, nothing when quiet.
final class BenchProgress {
    private let isQuiet: Bool
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private let began = Date()
    private var line = ""

    init(isQuiet: Bool) { self.isQuiet = isQuiet }

    func show(_ event: BenchEvent) {
        guard !self.isQuiet else { return }
        switch event {
        case .trialBegan(let title, let place, let count, let remaining):
            let elapsed = Self.clock(Date().timeIntervalSince(self.began))
            self.line = "[\(place)/\(count)] \(elapsed) elapsed, \(Self.clock(remaining)) left  \(title)"
            self.write(self.isTerminal ? "\r\u{1b}[K\(self.line)" : "\(self.line)\n")
        case .pulse(let figures):
            if self.isTerminal { self.write("\r\u{1b}[K\(self.line)  \(figures)") }
        case .note(let text):
            self.write(self.isTerminal ? "\r\u{1b}[K\(text)\n" : "\(text)\n")
        }
    }

    /// Leaves the terminal's cursor on a fresh line.
    func end() {
        if self.isTerminal, !self.line.isEmpty, !self.isQuiet { self.write("\r\u{1b}[K") }
        self.line = ""
    }

    private func write(_ text: String) {
        FileHandle.standardError.write(Data(text.utf8))
    }

    private static func clock(_ seconds: Double) -> String {
        let whole = Int(seconds.rounded())
        return "\(whole / 60):" + (whole % 60 < 10 ? "0" : "") + "\(whole % 60)"
    }
}
