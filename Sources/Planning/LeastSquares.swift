// Weighted linear least squares with a handful of terms, by the normal equations. Columns are scaled to one size first: terms
// here are as far apart as 1 and keys × bytes.

/// Coefficients of y = Σ cᵢ·termᵢ.
package struct LeastSquares: Sendable, Equatable {
    package let coefficients: [Double]

    package struct Row: Sendable {
        package var terms: [Double]
        package var value: Double
        /// How much the row counts; 1 ÷ value² makes relative errors count alike.
        package var weight: Double

        package init(_ terms: [Double], _ value: Double, weight: Double = 1) {
            self.terms = terms
            self.value = value
            self.weight = weight
        }
    }

    /// Below this share of the largest pivot the rows do not tell the terms apart.
    private static let smallestPivot = 1e-9

    /// `nil` when there are fewer rows than terms, or the rows do not tell the terms apart.
    package init?(_ rows: [Row]) {
        guard let count = rows.first?.terms.count, count > 0, rows.count >= count else { return nil }
        precondition(rows.allSatisfy { $0.terms.count == count }, "every row has the same terms")
        let scales = (0..<count).map { column in rows.reduce(0) { Swift.max($0, abs($1.terms[column])) } }
        guard scales.allSatisfy({ $0 > 0 && $0.isFinite }) else { return nil }
        // The upper weights may be far above the lower ones; only their ratios matter.
        let heaviest = rows.reduce(0) { Swift.max($0, $1.weight) }
        guard heaviest > 0, heaviest.isFinite else { return nil }
        var matrix = [[Double]](repeating: [Double](repeating: 0, count: count + 1), count: count)
        for row in rows {
            let weight = row.weight / heaviest
            let terms = zip(row.terms, scales).map { $0 / $1 }
            for one in 0..<count {
                for other in 0..<count { matrix[one][other] += weight * terms[one] * terms[other] }
                matrix[one][count] += weight * terms[one] * row.value
            }
        }
        guard let solution = Self.solve(&matrix) else { return nil }
        self.coefficients = zip(solution, scales).map { $0 / $1 }
    }

    /// Gauss's elimination with the largest pivot of each column.
    private static func solve(_ matrix: inout [[Double]]) -> [Double]? {
        let count = matrix.count
        let largest = matrix.reduce(0) { Swift.max($0, $1.dropLast().reduce(0) { Swift.max($0, abs($1)) }) }
        for column in 0..<count {
            let pivot = (column..<count).max { abs(matrix[$0][column]) < abs(matrix[$1][column]) } ?? column
            guard abs(matrix[pivot][column]) > largest * self.smallestPivot else { return nil }
            matrix.swapAt(column, pivot)
            for row in 0..<count where row != column {
                let factor = matrix[row][column] / matrix[column][column]
                for place in column...count { matrix[row][place] -= factor * matrix[column][place] }
            }
        }
        let solution = matrix.indices.map { matrix[$0][count] / matrix[$0][$0] }
        return solution.allSatisfy(\.isFinite) ? solution : nil
    }
}
