// The edge of this module: plans as JSON text.

internal import FoundationEssentials

extension PlanRecord {
    /// Pretty-printed with sorted keys.
    /// - Throws: when a number does not fit into JSON.
    package func json() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try Array(encoder.encode(self)) + [UInt8(ascii: "\n")]
    }
}
