import ArgumentParser
import Foundation
import Harness

/// One worker's place among several that measure one server together.
struct WorkerOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Be one load generator of several, as in 0/4: worker 0 of 4. Needs --start-at.",
            valueName: "i/n"
        )
    )
    var worker: String?

    @Option(
        help: ArgumentHelp(
            "When all workers begin: seconds since 1970, or as in 2026-01-31T12:00:00Z.",
            valueName: "time"
        )
    )
    var startAt: String?

    /// - Throws: when the options do not fit together, or what is to be measured cannot be shared.
    func check(isSoak: Bool, _ targets: TargetOptions) throws {
        do {
            guard try self.share() != nil else {
                guard self.startAt == nil else { throw ValidationError("--start-at belongs to --worker.") }
                return
            }
            guard self.startAt != nil else { throw ValidationError("--worker needs --start-at, the same for all.") }
            _ = try self.secondsUntilStart()
            guard !isSoak else { throw ValidationError("A soak is not shared among workers.") }
            let specifications = try targets.specifications()
            guard specifications.count == 1, !specifications[0].isChild else {
                throw ValidationError("Workers measure one server that runs already; give its URL as --target.")
            }
        } catch let error as HarnessError {
            throw ValidationError("\(error)")
        }
    }

    func share() throws(HarnessError) -> WorkerShare? {
        guard let worker else { return nil }
        return try WorkerShare(parsing: worker)
    }

    func secondsUntilStart() throws(HarnessError) -> Double {
        let text = self.startAt ?? ""
        let date = Double(text).map { Date(timeIntervalSince1970: $0) } ?? (try? Date(text, strategy: .iso8601))
        guard let date else {
            throw HarnessError(.usage, "'\(text)' is no time; write seconds since 1970 or 2026-01-31T12:00:00Z")
        }
        return date.timeIntervalSinceNow
    }
}
