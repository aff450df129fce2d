// Values with units as people read them: 1.20 KiB, 0.25 µs, 123 k/s. The raw units stay in the CSV and JSON files.

/// How a unit of the run record is shown.
struct Quantity {
    /// `B`, `us`, `1/s`, `B/s`, `s`, `ratio`, `share`, `count` or any other unit, which is shown as it is.
    let unit: String

    /// What to divide a value by and what to write behind it, chosen so that the number has one to four digits.
    struct Scale: Equatable {
        let divisor: Double
        let label: String
        /// The smallest value that is shown in this scale; the divisor itself unless smaller fractions read better.
        let start: Double

        init(divisor: Double, label: String, from start: Double? = nil) {
            self.divisor = divisor
            self.label = label
            self.start = start ?? divisor
        }

        func text(_ value: Double) -> String {
            self.text(value, places: DecimalText.places(for: value / self.divisor))
        }

        func text(_ value: Double, places: Int) -> String {
            DecimalText.fixed(value / self.divisor, places: places) + self.label
        }
    }

    func scale(for value: Double) -> Scale {
        let steps = self.steps
        let last = steps.last { $0.start <= abs(value) * Self.roundingUp }
        return last ?? steps[0]
    }

    /// 999.6 KiB would print as 1000 KiB, so a value this close below a step is shown in the larger unit.
    private static let roundingUp = 1.0005

    private var steps: [Scale] {
        switch self.unit {
        case "B":
            Self.binary.map { Scale(divisor: $0.0, label: " \($0.1)B") }
        case "B/s":
            Self.binary.map { Scale(divisor: $0.0, label: " \($0.1)B/s") }
        case "1/s":
            [Scale(divisor: 1, label: "/s"), Scale(divisor: 1e3, label: " k/s"), Scale(divisor: 1e6, label: " M/s")]
        case "us":
            [
                Scale(divisor: 1e-3, label: " ns"), Scale(divisor: 1, label: " µs", from: 0.05),
                Scale(divisor: 1e3, label: " ms"), Scale(divisor: 1e6, label: " s"),
            ]
        case "s":
            [Scale(divisor: 1e-3, label: " ms"), Scale(divisor: 1, label: " s")]
        case "ratio":
            [Scale(divisor: 1, label: "×")]
        case "share":
            [Scale(divisor: 0.01, label: " %")]
        case "count", "":
            [Scale(divisor: 1, label: "")]
        default:
            [Scale(divisor: 1, label: " " + self.unit)]
        }
    }

    private static let binary = [(1.0, ""), (1024.0, "Ki"), (1_048_576.0, "Mi"), (1_073_741_824.0, "Gi")]

    func text(_ value: Double) -> String {
        let scale = self.scale(for: value)
        return scale.text(value, places: self.places(for: value, in: scale))
    }

    /// "0.25 µs (0.24…0.27)": a middle value and the ends of its range, all in the scale of the middle one.
    func text(_ middle: Double, range: ClosedRange<Double>) -> String {
        let scale = self.scale(for: middle)
        let places = self.places(for: middle, in: scale)
        let bare = Scale(divisor: scale.divisor, label: "")
        let (low, high) = (bare.text(range.lowerBound, places: places), bare.text(range.upperBound, places: places))
        return low == high ? self.text(middle) : "\(scale.text(middle, places: places)) (\(low)…\(high))"
    }

    /// Whole counts and bytes are whole; percentages need no more than one digit.
    private func places(for value: Double, in scale: Scale) -> Int {
        let isWhole = (value / scale.divisor).rounded() == value / scale.divisor
        switch self.unit {
        case "count" where isWhole: return 0
        case "B" where scale.divisor == 1: return 0
        case "share": return DecimalText.places(for: value / scale.divisor, digits: 2)
        default: return DecimalText.places(for: value / scale.divisor)
        }
    }
}
