package import Primitives

/// Where an argument lies, counted from the first byte of its command. An offset fits 32 bits because the unfinished
/// input of a connection is limited to far less than 4 GiB.
package struct ArgumentRange: BitwiseCopyable {
    package var offset: UInt32
    package var length: UInt32

    package init(offset: UInt32, length: UInt32) {
        self.offset = offset
        self.length = length
    }
}

/// One command as it lies in the buffer that it was read into. Borrowed: valid until the call that got it returns.
package struct Command {
    private let start: UnsafeRawPointer
    private let ranges: UnsafePointer<ArgumentRange>
    /// Arguments, the command's name included; at least one.
    package let count: Int
    /// Bytes of the whole command.
    package let length: Int

    package init(start: UnsafeRawPointer, length: Int, ranges: UnsafePointer<ArgumentRange>, count: Int) {
        self.start = start
        self.length = length
        self.ranges = ranges
        self.count = count
    }

    package subscript(index: Int) -> Bytes {
        precondition(index >= 0 && index < self.count, "argument out of range")
        let range = self.ranges[index]
        return Bytes(start: self.start + Int(range.offset), count: Int(range.length))
    }

    /// Some of the arguments as a command of their own. Its length and `encoded` stay those of the whole.
    package func part(from first: Int, count: Int) -> Command {
        precondition(first >= 0 && count > 0 && first + count <= self.count, "a part lies within the command")
        return Command(start: self.start, length: self.length, ranges: self.ranges + first, count: count)
    }

    /// The whole command as an array of bulk strings: the parser accepts no other spelling of it (inline commands are
    /// re-written), so these bytes can travel to replicas as they are.
    package var encoded: Bytes { Bytes(start: self.start, count: self.length) }
}
