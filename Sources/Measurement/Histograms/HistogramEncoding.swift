// The V2 compressed encoding of HdrHistogram, which every tool of that family reads: a header and the counts as ZigZag
// LEB128 numbers, where a negative number stands for a run of empty buckets; deflated; in base64. Source: the reference
// implementation's documentation, github.com/HdrHistogram/HdrHistogram. The last byte of a nine-byte number has eight
// bits, unlike elsewhere.

extension HistogramCounts {
    private static let plainCookie: UInt32 = 0x1c84_9313
    private static let compressedCookie: UInt32 = 0x1c84_9314
    /// The cookies' second nibble from below once held a word size, and may differ.
    private static let cookieMask: UInt32 = ~0xf0
    private static let headerSize = 40
    private static let outerHeaderSize = 8

    /// A histogram with more than half a million different values is none of ours.
    static let largestPayload = 4 << 20
    /// No base64 text is longer: what does not deflate grows by a few bytes per thousand.
    static let largestText = 6 << 20

    /// For a `.hlog` file or a run record, as `HISTFAAA…`.
    package var encoded: String {
        var payload: [UInt8] = []
        self.buckets.withUnsafeBufferPointer { buckets in
            var next = 0
            for bucket in buckets {
                let gap = bucket.index - next
                // A lone empty bucket is a plain zero.
                if gap > 0 { Self.appendSigned(gap == 1 ? 0 : Int64(-gap), to: &payload) }
                Self.appendSigned(Int64(bucket.count), to: &payload)
                next = bucket.index + 1
            }
        }
        var plain: [UInt8] = []
        Self.append(Self.plainCookie, to: &plain)
        Self.append(UInt32(payload.count), to: &plain)
        Self.append(UInt32(0), to: &plain)
        Self.append(UInt32(self.layout.significantDigits), to: &plain)
        Self.append(self.layout.lowest, to: &plain)
        Self.append(self.layout.highest, to: &plain)
        Self.append((1.0).bitPattern, to: &plain)
        let deflated = Deflate.compressed(plain + payload)
        var bytes: [UInt8] = []
        Self.append(Self.compressedCookie, to: &bytes)
        Self.append(UInt32(deflated.count), to: &bytes)
        return Base64.text(bytes + deflated)
    }

    /// Reads what `encoded`, or another implementation, wrote.
    package init(decoding text: String) throws(HistogramError) {
        guard text.utf8.count <= Self.largestText else {
            throw HistogramError(.malformed, "the text is longer than a histogram can be")
        }
        guard let bytes = Base64.bytes(text) else { throw HistogramError(.malformed, "the text is not base64") }
        var outer = ByteCursor(bytes[...])
        let cookie = outer.number(UInt32.self).map { $0 & Self.cookieMask }
        guard cookie == Self.compressedCookie & Self.cookieMask else {
            throw HistogramError(.malformed, "the text is not a histogram in the V2 compressed encoding")
        }
        guard let length = outer.number(UInt32.self), Int(length) == outer.rest.count else {
            throw HistogramError(.malformed, "the histogram is cut off")
        }
        guard let plain = Deflate.expanded(Array(outer.rest), atMost: Self.largestPayload) else {
            throw HistogramError(.malformed, "the histogram cannot be decompressed")
        }
        try self.init(plain: plain)
    }

    private init(plain: [UInt8]) throws(HistogramError) {
        var cursor = ByteCursor(plain[...])
        let cookie = cursor.number(UInt32.self).map { $0 & Self.cookieMask }
        guard cookie == Self.plainCookie & Self.cookieMask else {
            throw HistogramError(.malformed, "the histogram is not in the V2 encoding")
        }
        guard let length = cursor.number(UInt32.self), let offset = cursor.number(UInt32.self),
            let digits = cursor.number(UInt32.self), let lowest = cursor.number(UInt64.self),
            let highest = cursor.number(UInt64.self), cursor.number(UInt64.self) != nil
        else { throw HistogramError(.malformed, "the histogram's header is cut off") }
        guard Int(length) == cursor.rest.count else { throw HistogramError(.malformed, "the histogram is cut off") }
        guard offset == 0 else { throw HistogramError(.malformed, "the histogram's buckets are shifted") }
        guard
            let layout = BucketLayout(
                lowest: lowest,
                highest: highest,
                significantDigits: Int(min(digits, UInt32(BucketLayout.digits.upperBound + 1)))
            )
        else { throw HistogramError(.malformed, "no histogram has such a range") }
        var buckets: [Bucket] = []
        var index = 0
        while !cursor.rest.isEmpty {
            guard let value = Self.signedNumber(&cursor) else {
                throw HistogramError(.malformed, "a count of the histogram is cut off")
            }
            if value > 0 { buckets.append(Bucket(index: index, count: UInt64(value))) }
            let (next, isTooFar) = index.addingReportingOverflow(value < 0 ? Int(clamping: value.magnitude) : 1)
            guard !isTooFar, next <= layout.length else {
                throw HistogramError(.malformed, "the histogram has more counts than buckets")
            }
            index = next
        }
        try self.init(layout, buckets: buckets)
    }
}

// MARK: - Numbers

extension HistogramCounts {
    /// Big-endian.
    private static func append(_ value: some FixedWidthInteger, to bytes: inout [UInt8]) {
        for shift in stride(from: value.bitWidth - 8, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }

    private static let largestNumberSize = 9

    private static func appendSigned(_ value: Int64, to bytes: inout [UInt8]) {
        var rest = UInt64(bitPattern: (value << 1) ^ (value >> 63))
        for _ in 1..<self.largestNumberSize {
            guard rest >= 0x80 else { break }
            bytes.append(UInt8(rest & 0x7f) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    private static func signedNumber(_ cursor: inout ByteCursor) -> Int64? {
        var value: UInt64 = 0
        for place in 0..<self.largestNumberSize {
            guard let byte = cursor.number(UInt8.self) else { return nil }
            let isLast = place == self.largestNumberSize - 1
            value |= UInt64(isLast ? byte : byte & 0x7f) << UInt64(7 * place)
            if byte < 0x80 || isLast { break }
        }
        return Int64(bitPattern: value >> 1) ^ -Int64(value & 1)
    }
}

/// Reads big-endian numbers from the front of some bytes.
private struct ByteCursor {
    private(set) var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) {
        self.rest = bytes
    }

    mutating func number<Number: FixedWidthInteger & UnsignedInteger>(_: Number.Type) -> Number? {
        let size = Number.bitWidth / 8
        guard self.rest.count >= size else { return nil }
        let value = self.rest.prefix(size).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        self.rest = self.rest.dropFirst(size)
        return Number(truncatingIfNeeded: value)
    }
}
