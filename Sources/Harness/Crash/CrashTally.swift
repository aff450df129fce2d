/// What a crash test has seen so far.
package struct CrashTally: Sendable {
    package var rounds = 0
    /// Writes that clients saw acknowledged.
    package var acknowledged: UInt64 = 0
    /// Acknowledged writes that did not come back, those included that the policy allows to be lost.
    package var lost: UInt64 = 0
    package var reordered: UInt64 = 0
    package var invented: UInt64 = 0
    /// Rounds at whose end a replica held more than the disk did.
    package var replicasAhead = 0
    /// How long before its crash the oldest lost write had been acknowledged, in seconds.
    package var oldestLost: Double?
    /// From the start of the server's process until it answered, in seconds.
    package var longestRecovery = 0.0

    mutating func enter(_ findings: CrashFindings) {
        self.lost += findings.lost
        self.reordered += findings.reordered
        self.invented += findings.invented
    }

    static func milliseconds(_ seconds: Double) -> Int { Int((seconds * 1000).rounded()) }

    /// The result as a table of two lines.
    package var table: String {
        Self.table([
            ("rounds", String(self.rounds)), ("writes acknowledged", String(self.acknowledged)),
            ("lost", String(self.lost)), ("reordered", String(self.reordered)), ("invented", String(self.invented)),
            ("oldest lost", self.oldestLost.map { "\(Self.milliseconds($0)) ms" } ?? "-"),
            ("replicas ahead", String(self.replicasAhead)),
            ("longest recovery", "\(Self.milliseconds(self.longestRecovery)) ms"),
        ])
    }

    /// Titles above values, each column as wide as the wider of the two.
    static func table(_ columns: [(String, String)]) -> String {
        let widths = columns.map { max($0.0.count, $0.1.count) }
        func line(_ cells: [String]) -> String {
            zip(cells, widths).map { String(repeating: " ", count: $1 - $0.count) + $0 }.joined(separator: "  ")
        }
        return line(columns.map(\.0)) + "\n" + line(columns.map(\.1))
    }
}
