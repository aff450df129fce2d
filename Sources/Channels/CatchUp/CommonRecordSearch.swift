/// Looks for the last record that two logs share, by halving.
///
/// What lies before `common` is shared; what lies before `different` is not, as a whole. It rests on this: two logs that share a
/// record share everything before it.
package struct CommonRecordSearch: Equatable, Sendable {
    package private(set) var common: Seq
    package private(set) var different: Seq
    /// The leader's first retained record.
    package private(set) var retained: Seq = 0
    /// What lies before it cannot be compared. One more than `retained` where the leader no longer knows the record before.
    private var floor: Seq = 0
    /// The place cannot be found: it lies before what is retained.
    package private(set) var isLost = false

    /// - Parameters:
    ///   - common: everything before it is known to be shared.
    ///   - different: the record before it is known to be another one.
    package init(common: Seq, different: Seq) {
        self.common = min(common, different)
        self.different = different
    }

    /// There is nothing left to compare.
    package init(lostBefore tail: Seq) {
        self.common = tail
        self.different = tail
        self.isLost = true
    }

    /// The seq to ask about next; nil when `common` is the answer.
    package var probe: Seq? {
        guard !self.isLost else { return nil }
        guard self.floor <= self.common else { return self.floor }
        let distance = self.different - self.common
        return distance > 1 ? self.common + distance / 2 : nil
    }

    package mutating func agreed(before seq: Seq) { self.common = max(self.common, min(seq, self.different)) }

    package mutating func differed(before seq: Seq) {
        self.different = min(self.different, max(seq, self.common))
        self.look()
    }

    /// The leader has nothing before `retained`, and could not compare the record before `asked`.
    package mutating func trimmed(before retained: Seq, asked: Seq) {
        self.retained = max(self.retained, retained)
        self.floor = max(self.floor, retained > asked ? retained : asked + 1)
        self.look()
    }

    private mutating func look() {
        if self.floor > self.common, self.floor >= self.different { self.isLost = true }
    }
}
