package import Primitives

/// The generator's keys: `key:`, or another prefix of four bytes, and twelve decimal digits.
package enum LoadKey {
    /// Bytes of every key.
    package static let size = 16

    /// Writes the key with this number into 16 bytes. The number must be below 10^12.
    package static func write(
        _ number: UInt64,
        prefix: StaticString = "key:",
        to bytes: UnsafeMutableRawBufferPointer
    ) {
        precondition(number < 1_000_000_000_000, "key number \(number) has more than twelve digits")
        bytes.copyMemory(from: UnsafeRawBufferPointer(start: prefix.utf8Start, count: 4))
        var rest = number
        for place in stride(from: self.size - 1, to: 3, by: -1) {
            bytes[place] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
    }
}

/// Which key the next mutation touches.
package enum KeyDistribution: Hashable, Sendable, CustomStringConvertible {
    /// Every key is as likely as any other.
    case uniform(keys: UInt64)
    /// 0, 1, 2 … and again from 0: touches every key once per round.
    case sequential(keys: UInt64)
    /// A few keys are touched all the time.
    case zipf(ZipfKeys)
    /// Each connection has so many keys of its own and goes round them, so that every key's value follows from how far its
    /// connection has come.
    case owned(keysPerConnection: UInt64)

    /// - Parameters:
    ///   - number: mutations of the whole load before this one.
    ///   - header: the connection and its sequence number.
    package func key(number: UInt64, _ header: MutationHeader, _ generator: inout SeededGenerator) -> UInt64 {
        switch self {
        case .uniform(let keys):
            // A multiplication instead of a division; its bias is below keys / 2^32.
            ((generator.next() >> 32) &* keys) >> 32
        case .sequential(let keys):
            number % keys
        case .zipf(let zipf):
            zipf.draw(&generator)
        case .owned(let keys):
            UInt64(header.connection) * keys + header.sequence % keys
        }
    }

    /// How many keys are touched at most; nil where that hangs on the number of connections.
    package var count: UInt64? {
        switch self {
        case .uniform(let keys), .sequential(let keys): keys
        case .zipf(let zipf): zipf.keys
        case .owned: nil
        }
    }

    /// `uniform 10000`, `sequential 10000`, `zipf 0.99 of 10000`.
    package var description: String {
        switch self {
        case .uniform(let keys): "uniform \(keys)"
        case .sequential(let keys): "sequential \(keys)"
        case .zipf(let zipf): "zipf \(zipf.exponent) of \(zipf.keys)"
        case .owned(let keys): "\(keys) for each connection"
        }
    }
}
