import Primitives
import RESP

/// What a client sends in one turn: a pipeline of `SET`s, each on the key after the one before.
final class Turn {
    static let length = 64
    /// Keys come round again after so many: from then on every write finds its key.
    static let keyCount = 2048
    private static let keyDigits = 8
    private static let value = String(repeating: "v", count: 100)

    private let buffer: UnsafeMutableRawBufferPointer
    private let commandLength: Int
    private let keyOffset: Int
    private let ranges: UnsafeMutablePointer<ArgumentRange>
    private var nextKey = 0

    init() {
        let arguments = ["SET", "key:" + String(repeating: "0", count: Self.keyDigits), Self.value]
        var text = "*\(arguments.count)\r\n"
        self.ranges = .allocate(capacity: arguments.count)
        for (index, argument) in arguments.enumerated() {
            text += "$\(argument.utf8.count)\r\n"
            let range = ArgumentRange(offset: UInt32(text.utf8.count), length: UInt32(argument.utf8.count))
            (self.ranges + index).initialize(to: range)
            text += argument + "\r\n"
        }
        self.commandLength = text.utf8.count
        self.keyOffset = Int(self.ranges[1].offset) + arguments[1].utf8.count - Self.keyDigits
        self.buffer = .allocate(byteCount: self.commandLength * Self.length, alignment: 16)
        for index in 0..<Self.length {
            UnsafeMutableRawBufferPointer(rebasing: self.buffer[(index * self.commandLength)...])
                .copyBytes(from: text.utf8)
        }
    }

    deinit {
        self.buffer.deallocate()
        self.ranges.deallocate()
    }

    /// The turn's bytes.
    var bytes: Bytes { Bytes(self.buffer) }

    /// Gives every command of the turn its key.
    func renew() {
        for index in 0..<Self.length {
            var rest = self.nextKey
            let end = index * self.commandLength + self.keyOffset + Self.keyDigits
            for place in 1...Self.keyDigits {
                self.buffer[end - place] = UInt8(48 + rest % 10)
                rest /= 10
            }
            self.nextKey = (self.nextKey + 1) % Self.keyCount
        }
    }

    /// A command of the turn as the parser would give it.
    func command(_ index: Int) -> Command {
        Command(
            start: self.bytes.baseAddress.unsafelyUnwrapped + index * self.commandLength,
            length: self.commandLength,
            ranges: self.ranges,
            count: 3
        )
    }
}
