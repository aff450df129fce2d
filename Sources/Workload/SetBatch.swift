// A pipeline's worth of SET commands, built once and patched in place: what differs from one batch to the next is the
// key, the header and the seal, and only those bytes are written. The generator shares its processors with what it
// measures, so a command must cost it nanoseconds.

package import Primitives

/// A buffer that holds `depth` commands of the form `SET <key> <value>` in RESP, all of one size.
package struct SetBatch: Sendable {
    package let depth: Int
    package let valueSize: Int
    /// The commands, ready to be sent.
    package private(set) var bytes: [UInt8]
    /// Bytes of each command.
    package let commandSize: Int
    private let keyOffset: Int
    private let valueOffset: Int

    /// - Parameters:
    ///   - depth: commands per batch.
    ///   - valueSize: bytes per value, at least `MutationHeader.minimumValueSize`.
    ///   - compressibility: share of the filler that is one repeated byte, 0…1; the rest is random.
    ///   - generator: makes the filler; it is the same in every batch.
    package init(depth: Int, valueSize: Int, compressibility: Double, using generator: inout SeededGenerator) {
        precondition(depth > 0, "a batch holds at least one command")
        precondition(valueSize >= MutationHeader.minimumValueSize, "values need at least 24 bytes")
        let opening = Array("*3\r\n$3\r\nSET\r\n$\(LoadKey.size)\r\n".utf8)
        let middle = Array("\r\n$\(valueSize)\r\n".utf8)
        self.depth = depth
        self.valueSize = valueSize
        self.keyOffset = opening.count
        self.valueOffset = opening.count + LoadKey.size + middle.count
        self.commandSize = self.valueOffset + valueSize + 2
        self.bytes = []
        self.bytes.reserveCapacity(depth * self.commandSize)
        let same = Int(Double(valueSize) * min(1, max(0, compressibility)))
        for _ in 0..<depth {
            self.bytes += opening
            self.bytes += [UInt8](repeating: UInt8(ascii: "0"), count: LoadKey.size)
            self.bytes += middle
            self.bytes += [UInt8](repeating: UInt8(ascii: "x"), count: same)
            for _ in same..<valueSize { self.bytes.append(UInt8(truncatingIfNeeded: generator.next())) }
            self.bytes += [UInt8(ascii: "\r"), UInt8(ascii: "\n")]
        }
    }

    /// Bytes of one command as it is sent and as it travels in a stream, envelope not included.
    package static func commandSize(valueSize: Int) -> Int {
        18 + LoadKey.size + 2 + 1 + String(valueSize).utf8.count + 2 + valueSize + 2
    }

    /// Makes the next batch in place: new mutations of one connection, which the ledger enters.
    /// - Parameter count: how many, at most `depth`; the bytes of the first so many commands are to be sent then.
    package mutating func advance(
        _ count: Int? = nil,
        connection: UInt32,
        keys: KeyDistribution,
        ledger: inout Ledger,
        using generator: inout SeededGenerator
    ) {
        let (commandSize, keyOffset, valueOffset, valueSize) =
            (self.commandSize, self.keyOffset, self.valueOffset, self.valueSize)
        let count = count ?? self.depth
        precondition(count <= self.depth, "a batch of \(self.depth) commands cannot give \(count)")
        self.bytes.withUnsafeMutableBytes { bytes in
            for slot in 0..<count {
                let start = slot * commandSize
                let key = UnsafeMutableRawBufferPointer(
                    rebasing: bytes[(start + keyOffset)..<(start + keyOffset + LoadKey.size)]
                )
                let value = UnsafeMutableRawBufferPointer(
                    rebasing: bytes[(start + valueOffset)..<(start + valueOffset + valueSize)]
                )
                let header = ledger.next(connection: connection)
                LoadKey.write(keys.key(number: ledger.count, header, &generator), to: key)
                header.write(to: value)
                ledger.enter(header.digest(key: UnsafeRawBufferPointer(key), valueSize: valueSize))
            }
        }
    }
}
