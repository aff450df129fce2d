import Primitives

extension ByteSize {
    /// `1.50M`, as INFO's `_human` fields.
    static func human(_ bytes: Int) -> String {
        let steps: [(Int, String)] = [(1 << 40, "T"), (1 << 30, "G"), (1 << 20, "M"), (1 << 10, "K")]
        guard let (unit, suffix) = steps.first(where: { bytes >= $0.0 }) else { return "\(bytes)B" }
        return InfoReport.ratio(bytes, unit) + suffix
    }
}
