package import Primitives

/// A history that this one grew out of. Up to the position where it was left both number the same mutations.
package struct Ancestor: Equatable, Sendable {
    package var history: History
    package var left: Position

    package init(history: History, left: Position) {
        self.history = history
        self.left = left
    }
}

extension [Ancestor] {
    /// The last position that a history shares with the one whose ancestors these are; nil for a foreign one.
    func sharedEnd(with history: History) -> Position? {
        self.last { $0.history == history }?.left
    }
}
