// A keyed hash of short byte strings in the manner of wyhash (Wang Yi): the product of two 64-bit words, folded, mixes
// sixteen bytes at a time. The seed is secret and random per process, so that a client cannot choose keys that collide. The
// words that the key is combined with come from the seed as well: with wyhash's public ones, a key could be chosen that
// makes one factor of the product zero, and all such keys would collide under every seed.

/// Hashes keys to 64 well-mixed bits under a secret seed.
package struct KeyHash: Sendable {
    private let seed: UInt64
    private let secret1: UInt64
    private let secret2: UInt64

    package init(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        self.seed = generator.next()
        self.secret1 = generator.next()
        self.secret2 = generator.next()
    }

    package func callAsFunction(_ key: Bytes) -> UInt64 {
        let count = key.count
        guard let base = key.baseAddress, count > 0 else { return Self.fold(self.seed, self.secret1) }
        var state = self.seed
        var first: UInt64
        var second: UInt64
        if count <= 16 {
            if count >= 4 {
                // Two overlapping pairs of words cover 4 … 16 bytes without a loop.
                let step = (count >> 3) << 2
                first = Self.word32(base) << 32 | Self.word32(base + step)
                second = Self.word32(base + count - 4) << 32 | Self.word32(base + count - 4 - step)
            } else {
                first = UInt64(key[0]) << 16 | UInt64(key[count >> 1]) << 8 | UInt64(key[count - 1])
                second = 0
            }
        } else {
            var cursor = base
            var left = count
            while left > 16 {
                state = Self.fold(Self.word64(cursor) ^ self.secret1, Self.word64(cursor + 8) ^ state)
                cursor += 16
                left -= 16
            }
            first = Self.word64(cursor + left - 16)
            second = Self.word64(cursor + left - 8)
        }
        let mixed = Self.fold(first ^ self.secret1, second ^ state)
        return Self.fold(self.secret2 ^ UInt64(truncatingIfNeeded: count), mixed ^ self.secret1)
    }

    private static func fold(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let product = left.multipliedFullWidth(by: right)
        return product.high ^ product.low
    }

    private static func word32(_ pointer: UnsafeRawPointer) -> UInt64 {
        UInt64(pointer.loadUnaligned(as: UInt32.self))
    }

    private static func word64(_ pointer: UnsafeRawPointer) -> UInt64 {
        pointer.loadUnaligned(as: UInt64.self)
    }
}
