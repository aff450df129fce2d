/// The choices that nothing beats in both of two ways.
package enum ParetoFront {
    /// - Parameter points: `gain` to be large, `cost` to be small.
    /// - Returns: for each point, whether no other has at least its gain at no more cost and is better in one of them.
    package static func members(_ points: [(gain: Double, cost: Double)]) -> [Bool] {
        points.map { one in
            !points.contains { other in
                other.gain >= one.gain && other.cost <= one.cost && (other.gain > one.gain || other.cost < one.cost)
            }
        }
    }
}
