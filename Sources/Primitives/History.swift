// An unbroken numbering of mutations. Two nodes that number different writes alike differ in their history; that is what
// keeps a replica from resuming on foreign data.

/// 160 random bits, written as forty lower-case hex digits.
package struct History: Hashable, Sendable {
    private var high: UInt64
    private var middle: UInt64
    private var low: UInt32

    /// What a replica without any data claims: forty zeros.
    package static let none = History(high: 0, middle: 0, low: 0)

    private init(high: UInt64, middle: UInt64, low: UInt32) {
        self.high = high
        self.middle = middle
        self.low = low
    }

    /// Begins a new history.
    package init(using generator: inout some RandomNumberGenerator) {
        self.init(high: .random(in: 1 ... .max, using: &generator), middle: generator.next(), low: generator.next())
    }

    /// Reads exactly forty hex digits of either case; nil for anything else.
    package init?(hex: Bytes) {
        guard hex.count == 40 else { return nil }
        var words: (UInt64, UInt64, UInt64) = (0, 0, 0)
        for (index, digit) in hex.enumerated() {
            guard let value = digit.hexValue else { return nil }
            switch index {
            case 0..<16: words.0 = words.0 << 4 | value
            case 16..<32: words.1 = words.1 << 4 | value
            default: words.2 = words.2 << 4 | value
            }
        }
        self.init(high: words.0, middle: words.1, low: UInt32(words.2))
    }

    /// The forty digits.
    package var hex: String {
        String(unsafeUninitializedCapacity: 40) { digits in
            for place in 0..<40 {
                let value =
                    switch place {
                    case 0..<16: self.high >> (4 * UInt64(15 - place))
                    case 16..<32: self.middle >> (4 * UInt64(31 - place))
                    default: UInt64(self.low) >> (4 * UInt64(39 - place))
                    }
                digits[place] = UInt8(lowerHex: value & 15)
            }
            return 40
        }
    }
}

extension UInt8 {
    /// The digit for a value under 16.
    fileprivate init(lowerHex value: UInt64) {
        self = UInt8(value) + (value < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10)
    }

    fileprivate var hexValue: UInt64? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(self - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(self - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt64(self - UInt8(ascii: "A") + 10)
        default: nil
        }
    }
}
