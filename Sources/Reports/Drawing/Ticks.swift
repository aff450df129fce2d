// Axes: from values to places, and the round numbers that stand at them.

internal import Glibc

/// A scale of values. Places run from 0 to 1.
struct Scale: Equatable {
    struct Tick: Equatable {
        var value: Double
        var label: String
    }

    let low: Double
    let high: Double
    let isLogarithmic: Bool
    let ticks: [Tick]

    func place(_ value: Double) -> Double {
        func position(_ value: Double) -> Double {
            // Halves, because the ends of damaged data may be farther apart than a number can tell.
            self.isLogarithmic ? log10(max(value, self.low)) : value / 2
        }
        let span = position(self.high) - position(self.low)
        let share = (position(value) - position(self.low)) / span
        return share.isFinite ? min(max(share, -0.05), 1.05) : 0
    }

    /// Round steps from zero, or from below it, in the one unit that `quantity` picks for the largest value.
    static func linear(_ values: [Double], quantity: Quantity, fewest count: Int = 4) -> (scale: Scale, unit: String) {
        let top = values.max() ?? 0
        let bottom = min(values.min() ?? 0, 0)
        let unit = quantity.scale(for: max(abs(top), abs(bottom)))
        let step = Self.step((max(top, 0) / unit.divisor - bottom / unit.divisor) / Double(count))
        let first = (bottom / unit.divisor / step).rounded(.down)
        let last = max((max(top, 0) / unit.divisor / step).rounded(.up), first + 1)
        let places = DecimalText.places(for: step, digits: step < 1 && step != 0.25 && step != 0.025 ? 1 : 2)
        let wanted = Int(min(last - first, 30))
        let ticks = (0...max(wanted, 1)).map { index in
            let value = (first + Double(index)) * step
            return Tick(
                value: value * unit.divisor,
                label: DecimalText.fixed(value, places: value == value.rounded() && step >= 1 ? 0 : places)
            )
        }
        let label = unit.label.drop { $0 == " " }
        let scale = Scale(
            low: first * step * unit.divisor,
            high: last * step * unit.divisor,
            isLogarithmic: false,
            ticks: ticks
        )
        return (scale, label == "/s" ? "1/s" : String(label))
    }

    /// 1, 2, 2.5 or 5 times a power of ten, at least as large as asked for.
    private static func step(_ rough: Double) -> Double {
        guard rough.isFinite, rough > 0 else { return 1 }
        let power = pow(10, log10(rough).rounded(.down))
        let factor = [1, 2, 2.5, 5, 10].first { $0 * power >= rough * 0.999 } ?? 10
        return factor * power
    }

    /// From the round number below the smallest value to the one above the largest; `nil` without a value above zero.
    static func logarithmic(_ values: [Double], quantity: Quantity) -> Scale? {
        let positive = values.filter { $0 > 0 && $0.isFinite }
        guard let smallest = positive.min(), let largest = positive.max() else { return nil }
        func decade(_ value: Double) -> Double { pow(10, log10(value).rounded(.down)) }
        func below(_ value: Double) -> Double {
            let power = decade(value)
            return [5, 2, 1].map { $0 * power }.first { $0 <= value * 1.0001 } ?? power
        }
        func above(_ value: Double) -> Double {
            let power = decade(value)
            return [1, 2, 5, 10].map { $0 * power }.first { $0 >= value * 0.9999 } ?? 10 * power
        }
        let low = below(smallest)
        let high = max(above(largest), low * 2)
        let decades = log10(high) - log10(low)
        let factors = decades <= 2.5 ? [1.0, 2, 5] : [1.0]
        var ticks: [Tick] = []
        var power = decade(low)
        while power <= high * 1.0001, ticks.count < 40, power.isFinite {
            for value in factors.map({ $0 * power }) where value >= low * 0.9999 && value <= high * 1.0001 {
                ticks.append(Tick(value: value, label: quantity.tick(value)))
            }
            power *= 10
        }
        return Scale(low: low, high: high, isLogarithmic: true, ticks: ticks)
    }
}

extension Quantity {
    /// A round value with its unit, without digits that say nothing: "10 µs".
    func tick(_ value: Double) -> String {
        let scale = self.scale(for: value)
        let shown = value / scale.divisor
        let isWhole = abs(shown - shown.rounded()) < 1e-6 * abs(shown)
        return DecimalText.fixed(shown, places: isWhole ? 0 : DecimalText.places(for: shown, digits: 1)) + scale.label
    }
}
