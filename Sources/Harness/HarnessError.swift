/// Why a run could not go on, in words that tell the user what to do.
package struct HarnessError: Error, CustomStringConvertible, Sendable {
    package enum Code: Sendable {
        /// The target could not be started or reached.
        case targetUnavailable
        /// The target died, or answered against its protocol.
        case targetFailed
        /// Something did not happen in time.
        case timedOut
        /// The user asked to stop.
        case interrupted
        /// A flag or a target's name makes no sense.
        case usage
    }

    package var code: Code
    package var message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { self.message }
}
