/// Looks for the last record that two logs share, by halving.
///
/// What lies before `common` is shared; what lies before `different` is not, as a whole. It rests on this: two logs that share a
/// record share everything before it.
package struct CommonRecordSearch: Equatable, Sendable {
    package private(set) var common: Seq
    package private(set) var different: Seq

    /// - Parameters:
    ///   - common: everything before it is known to be shared.
    ///   - different: the record before it is known to be another one.
    package init(common: Seq, different: Seq) {
        self.common = min(common, different)
        self.different = different
    }

    /// The seq to ask about next; nil when `common` is the answer.
    package var probe: Seq? {
        let distance = self.different - self.common
        return distance > 1 ? self.common + distance / 2 : nil
    }

    package mutating func agreed(before seq: Seq) { self.common = max(self.common, min(seq, self.different)) }

    package mutating func differed(before seq: Seq) { self.different = min(self.different, max(seq, self.common)) }
}
