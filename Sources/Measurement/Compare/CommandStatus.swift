/// How a command ends. Scripts and CI systems read it, so every command takes it from here.
package enum CommandStatus: Int32, CaseIterable, Sendable {
    /// Improvements and noisy verdicts included.
    case good = 0
    /// Something could not be done: a server did not start, a file cannot be read, the disk is full.
    case failed = 1
    /// A figure got worse beyond its margin or bound.
    case regression = 2
    /// The run must not be trusted; its report says why.
    case invalid = 3
    /// With `--strict`: an improvement beyond its margin or bound. Time to raise the bound.
    case improvement = 4
    /// With `--strict`: nothing but noise; every timing that was judged is noisy.
    case onlyNoise = 5
    /// From `sysexits.h`, where it is called EX_USAGE.
    case usage = 64

    /// What the help of a command says of it.
    package var meaning: String {
        switch self {
        case .good: "good"
        case .failed: "failed"
        case .regression: "regression"
        case .invalid: "invalid run"
        case .improvement: "with --strict: improvement beyond its bound"
        case .onlyNoise: "with --strict: nothing but noise"
        case .usage: "wrong usage"
        }
    }

    /// The paragraph of a command's help: "Exit status: 0 good, 1 failed …".
    package static func help(_ statuses: [CommandStatus]) -> String {
        "Exit status: " + statuses.map { "\($0.rawValue) \($0.meaning)" }.joined(separator: ", ") + "."
    }

    package static let ofRuns: [CommandStatus] = [.good, .failed, .invalid, .usage]
    package static let ofComparisons: [CommandStatus] = [
        .good, .failed, .regression, .invalid, .improvement, .onlyNoise, .usage,
    ]
}
