// What clients send in one turn, in a buffer that is used again and again as a connection's is. Before each turn the keys
// are exchanged for others out of a set that was shuffled beforehand, by one store per command.

import Glibc
import Primitives
import RESP

/// A pipeline of equal commands on keys of 16 bytes: `SET key value`, or `GET key`.
final class Requests {
    enum Kind { case set, get }

    static let keyCount = 100_000
    private static let keyPrefix = "key:0000"

    let perTurn: Int
    private let buffer: UnsafeMutableRawBufferPointer
    private let commandLength: Int
    private let keyOffset: Int
    private let ranges: UnsafeMutablePointer<ArgumentRange>
    private let argumentCount: Int
    /// The last eight digits of keys in random order, as they lie in memory.
    private let keys: [UInt64]
    private var nextKey = 0

    init(_ kind: Kind, valueBytes: Int, perTurn: Int) {
        let key = Self.keyPrefix + "00000000"
        let value = String(repeating: "v", count: valueBytes)
        let arguments = kind == .set ? ["SET", key, value] : ["GET", key]
        var text = "*\(arguments.count)\r\n"
        self.ranges = .allocate(capacity: arguments.count)
        for (index, argument) in arguments.enumerated() {
            text += "$\(argument.utf8.count)\r\n"
            let range = ArgumentRange(offset: UInt32(text.utf8.count), length: UInt32(argument.utf8.count))
            (self.ranges + index).initialize(to: range)
            text += argument + "\r\n"
        }
        self.perTurn = perTurn
        self.argumentCount = arguments.count
        self.commandLength = text.utf8.count
        self.keyOffset = Int(self.ranges[1].offset) + Self.keyPrefix.utf8.count
        self.buffer = .allocate(byteCount: self.commandLength * perTurn, alignment: 16)
        for index in 0..<perTurn {
            UnsafeMutableRawBufferPointer(rebasing: self.buffer[(index * self.commandLength)...])
                .copyBytes(from: text.utf8)
        }
        var generator = SeededGenerator(seed: 7)
        self.keys = (0..<Self.keyCount).map { Self.digits(of: $0) }.shuffled(using: &generator)
    }

    deinit {
        self.buffer.deallocate()
        self.ranges.deallocate()
    }

    /// The turn's bytes.
    var bytes: Bytes { Bytes(self.buffer) }

    /// Gives every command of the turn another key.
    func renew() {
        var offset = self.keyOffset
        for _ in 0..<self.perTurn {
            self.buffer.storeBytes(of: self.keys[self.nextKey], toByteOffset: offset, as: UInt64.self)
            self.nextKey += 1
            if self.nextKey == Self.keyCount { self.nextKey = 0 }
            offset += self.commandLength
        }
    }

    /// A command of the turn as the parser would give it.
    func command(_ index: Int) -> Command {
        Command(
            start: self.bytes.baseAddress.unsafelyUnwrapped + index * self.commandLength,
            length: self.commandLength,
            ranges: self.ranges,
            count: self.argumentCount
        )
    }

    private static func digits(of number: Int) -> UInt64 {
        var rest = number
        var word: UInt64 = 0
        for _ in 0..<8 {
            word = word << 8 | UInt64(48 + rest % 10)
            rest /= 10
        }
        return word
    }
}
