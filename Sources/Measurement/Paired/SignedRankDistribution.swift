// The exact null distribution of Wilcoxon's signed-rank statistic: of n differences that scatter evenly around zero every
// pattern of signs is as likely as any other, so P(W ≤ w) is the share of the 2ⁿ subsets of {1 … n} whose sum is at most w.
// Source: F. Wilcoxon, "Individual Comparisons by Ranking Methods", Biometrics Bulletin 1(6), 1945.

/// How often each sum of ranks occurs among the subsets of 1 … n.
package struct SignedRankDistribution: Sendable {
    package let count: Int
    /// `cumulative[w]` = P(W ≤ w), for w from 0 to n(n+1)/2.
    private let cumulative: [Double]

    /// More pairs than any look of ours takes. Up to here the counts of subsets are whole numbers that a `Double` keeps
    /// exactly enough: the error of a share stays far below any level that is asked for.
    package static let mostPairs = 256

    /// - Parameter count: differences, at least one and at most `mostPairs`.
    package init(count: Int) {
        precondition((1...Self.mostPairs).contains(count), "only 1 to \(Self.mostPairs) differences are looked at")
        self.count = count
        let top = count * (count + 1) / 2
        // Shares instead of counts: each further rank is in a subset or not, with even odds.
        var shares = [Double](repeating: 0, count: top + 1)
        shares[0] = 1
        var reach = 0
        for rank in 1...count {
            reach += rank
            for sum in stride(from: reach, through: 0, by: -1) {
                let without = shares[sum]
                let with = sum >= rank ? shares[sum - rank] : 0
                shares[sum] = (without + with) / 2
            }
        }
        var total = 0.0
        self.cumulative = shares.map {
            total += $0
            return total
        }
    }

    /// P(W ≤ sum).
    package func probability(atMost sum: Int) -> Double {
        guard sum >= 0 else { return 0 }
        return sum < self.cumulative.count ? min(1, self.cumulative[sum]) : 1
    }

    /// The largest w with P(W ≤ w) ≤ level: nil when even W = 0 is likelier than that, so that so few pairs can show nothing
    /// at this level.
    package func criticalValue(level: Double) -> Int? {
        guard let first = self.cumulative.first, first <= level else { return nil }
        var low = 0
        var high = self.cumulative.count - 1
        while low < high {
            let middle = (low + high + 1) / 2
            if self.cumulative[middle] <= level { low = middle } else { high = middle - 1 }
        }
        return low
    }
}
