// The order of a sweep: everything once per block, each block in an order of its own, so that what drifts in the machine hits
// all settings alike and every setting has a control measured close to it (R. A. Fisher's randomised complete blocks).

package enum RandomizedBlocks {
    /// - Returns: `blocks` shuffled orders of 0 ..< `settings`.
    package static func orders(
        settings: Int,
        blocks: Int,
        using generator: inout some RandomNumberGenerator
    ) -> [[Int]] {
        (0..<blocks).map { _ in
            var order = Array(0..<settings)
            order.shuffle(using: &generator)
            return order
        }
    }

    /// Every combination of one value of each list, the last list varying fastest: indices into the lists.
    package static func grid(_ counts: [Int]) -> [[Int]] {
        counts.reduce([[]]) { rows, count in
            rows.flatMap { row in (0..<count).map { row + [$0] } }
        }
    }
}
