import Synchronization

/// A client's wish that the server ends, on its way to whoever can end it.
final class ShutdownRequest: Sendable {
    /// What the end does with data that has changed.
    enum Saving: Sendable {
        case ifChanged
        /// Nobody wants it saved, or it has been.
        case nothing
    }

    private struct State {
        var handler: (@Sendable () -> Void)?
        var saving = Saving.ifChanged
    }

    private let state = Mutex(State())

    /// - Parameter handler: nil where clients may not end the server.
    func arm(_ handler: (@Sendable () -> Void)?) { self.state.withLock { $0.handler = handler } }

    var isPossible: Bool { self.state.withLock { $0.handler != nil } }

    var saving: Saving { self.state.withLock { $0.saving } }

    func make(_ saving: Saving) {
        let handler = self.state.withLock { state in
            state.saving = saving
            return state.handler
        }
        handler?()
    }
}
