// A pipeline's worth of commands of several kinds, or of several sizes, made anew for each round trip. It costs the generator more
// than a `SetBatch`, which is patched in place.

package import Primitives

/// Bytes that values are cut from: random ones, more than any compressor looks back, so that they do not compress.
package struct Filler: Sendable {
    fileprivate let bytes: [UInt8]
    /// LZ4 looks back 64 KiB, zlib 32.
    private static let size = 256 * 1024

    package init(using generator: inout SeededGenerator) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.size)
        while bytes.count < Self.size { withUnsafeBytes(of: generator.next()) { bytes.append(contentsOf: $0) } }
        self.bytes = bytes
    }
}

/// Commands in RESP, ready to be sent.
///
/// A SET carries a header and a sequence number as in `SetBatch`, so that its stream can be checked value by value; other kinds
/// carry random bytes at the beginning of their value, so that their sum can be.
package struct MixedBatch: Sendable {
    /// A DEL of the batch. It is a mutation only when there was something to delete, which its answer tells.
    package struct Deletion: Sendable {
        /// The command's place in the batch.
        package var place: Int
        /// What it adds to the sum over the stream.
        package var digest: UInt64
    }

    private let mix: MutationMix
    private let sizes: ValueSizes
    private let compressibility: Double
    private let filler: Filler
    package private(set) var bytes: [UInt8] = []
    package private(set) var deletions: [Deletion] = []

    /// Fields of one hash.
    private static let fields: UInt64 = 16
    private static let kindsOfKeys: [MutationMix.Kind] = [.set, .increment, .append, .hashSet, .listPush]

    /// - Parameters:
    ///   - sizes: bytes per value, at least `MutationHeader.minimumValueSize`.
    ///   - compressibility: share of a value that is one repeated byte, 0…1.
    package init(_ mix: MutationMix, sizes: ValueSizes, compressibility: Double = 0, filler: Filler) {
        self.mix = mix
        self.sizes = sizes
        self.compressibility = min(1, max(0, compressibility))
        self.filler = filler
    }

    /// Makes the next batch of so many new commands, which the ledger enters, all but the DELs.
    package mutating func advance(
        _ count: Int,
        connection: UInt32,
        keys: KeyDistribution,
        ledger: inout Ledger,
        using generator: inout SeededGenerator
    ) {
        self.bytes.removeAll(keepingCapacity: true)
        self.deletions.removeAll(keepingCapacity: true)
        for place in 0..<count {
            let kind = self.mix.kind(generator.next() >> 32)
            // Only a SET takes a sequence number; the others borrow the last one to find their key.
            let header =
                kind == .set
                ? ledger.next(connection: connection)
                : MutationHeader(connection: connection, sequence: ledger.last[Int(connection)])
            let number = keys.key(number: ledger.count, header, &generator)
            self.append(kind, number, header, place: place, &ledger, &generator)
        }
    }

    private mutating func append(
        _ kind: MutationMix.Kind,
        _ number: UInt64,
        _ header: MutationHeader,
        place: Int,
        _ ledger: inout Ledger,
        _ generator: inout SeededGenerator
    ) {
        switch kind {
        case .set:
            self.open("*3\r\n$3\r\nSET\r\n")
            let key = self.key(kind.prefix, number)
            let value = self.value(&generator)
            let digest = self.bytes.withUnsafeMutableBytes { bytes in
                header.write(to: UnsafeMutableRawBufferPointer(rebasing: bytes[value]))
                return header.digest(key: UnsafeRawBufferPointer(rebasing: bytes[key]), valueSize: value.count)
            }
            ledger.enter(digest)
        case .increment:
            self.open("*2\r\n$4\r\nINCR\r\n")
            let key = self.key(kind.prefix, number)
            ledger.enter(self.digest(kind, key, nil))
        case .append:
            self.open("*3\r\n$6\r\nAPPEND\r\n")
            let key = self.key(kind.prefix, number)
            let value = self.value(&generator)
            ledger.enter(self.digest(kind, key, value))
        case .delete:
            self.open("*2\r\n$3\r\nDEL\r\n")
            let owner = Self.kindsOfKeys[Int(generator.below(UInt64(Self.kindsOfKeys.count)))]
            let key = self.key(owner.prefix, number)
            self.deletions.append(Deletion(place: place, digest: self.digest(kind, key, nil)))
        case .hashSet:
            self.open("*4\r\n$4\r\nHSET\r\n")
            let key = self.key(kind.prefix, number)
            self.open("$7\r\nfield:")
            self.bytes.append(UInt8(ascii: "a") + UInt8(generator.below(Self.fields)))
            self.open("\r\n")
            let value = self.value(&generator)
            ledger.enter(self.digest(kind, key, value))
        case .listPush:
            self.open("*3\r\n$5\r\nLPUSH\r\n")
            let key = self.key(kind.prefix, number)
            let value = self.value(&generator)
            ledger.enter(self.digest(kind, key, value))
        }
    }

    private func digest(_ kind: MutationMix.Kind, _ key: Range<Int>, _ argument: Range<Int>?) -> UInt64 {
        self.bytes.withUnsafeBytes { bytes in
            OtherMutation(
                kind,
                key: UnsafeRawBufferPointer(rebasing: bytes[key]),
                argument: argument.map { UnsafeRawBufferPointer(rebasing: bytes[$0]) }
            )
            .digest
        }
    }

    // MARK: - RESP

    private mutating func open(_ text: StaticString) {
        self.bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Appends a key; returns where it lies.
    private mutating func key(_ prefix: StaticString, _ number: UInt64) -> Range<Int> {
        self.open("$16\r\n")
        let place = self.bytes.count..<(self.bytes.count + LoadKey.size)
        self.bytes.append(contentsOf: repeatElement(0, count: LoadKey.size))
        self.bytes.withUnsafeMutableBytes { bytes in
            LoadKey.write(number, prefix: prefix, to: UnsafeMutableRawBufferPointer(rebasing: bytes[place]))
        }
        self.open("\r\n")
        return place
    }

    /// Appends a value of the next size; returns where it lies.
    private mutating func value(_ generator: inout SeededGenerator) -> Range<Int> {
        let size = self.sizes.draw(&generator)
        self.bytes.append(UInt8(ascii: "$"))
        self.number(size)
        self.open("\r\n")
        let place = self.bytes.count..<(self.bytes.count + size)
        withUnsafeBytes(of: generator.next()) { self.bytes.append(contentsOf: $0) }
        let same = Int(Double(size) * self.compressibility)
        let repeated = min(same, size - 2 * OtherMutation.endSize)
        self.bytes.append(contentsOf: repeatElement(UInt8(ascii: "x"), count: repeated))
        var rest = size - OtherMutation.endSize - repeated
        var from = Int(generator.below(UInt64(self.filler.bytes.count)))
        while rest > 0 {
            let piece = min(rest, self.filler.bytes.count - from)
            self.bytes.append(contentsOf: self.filler.bytes[from..<(from + piece)])
            rest -= piece
            from = 0
        }
        self.open("\r\n")
        return place
    }

    private mutating func number(_ value: Int) {
        guard value >= 10 else { return self.bytes.append(UInt8(ascii: "0") + UInt8(value)) }
        self.number(value / 10)
        self.bytes.append(UInt8(ascii: "0") + UInt8(value % 10))
    }
}
