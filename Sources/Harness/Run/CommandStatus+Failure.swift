package import Measurement

extension CommandStatus {
    /// How a command that made a run ends.
    /// - Parameters:
    ///   - failure: what ended the run before its time.
    ///   - isValid: whether what was recorded may be trusted.
    package init(_ failure: HarnessError?, isValid: Bool) {
        switch failure?.code {
        case .targetUnavailable: self = .failed
        case .usage: self = .usage
        // The servers were there, and then one of them broke its word: what was measured is in the report, and void.
        case .targetFailed, .timedOut: self = .invalid
        case .interrupted, nil: self = isValid ? .good : .invalid
        }
    }
}
