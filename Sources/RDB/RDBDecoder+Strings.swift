// Lengths and strings. A string lies in the file as it is, or as a number of 8, 16 or 32 bits, or compressed; one of
// the latter is written out into the decoder's own room.

import Primitives
import RESP

extension RDBDecoder {
    /// Reads a string.
    /// - Parameter room: where it is written out if it must be. Strings that are needed together take different rooms.
    @inline(__always)
    func string(_ input: inout RDBInput, _ room: Writer) throws(RDBInterruption) -> Bytes {
        try input.require(1)
        let byte = Int(input.next)
        var header = 1
        var count = byte
        if byte >= RDBLength.oneByteEnd {
            guard byte < Int(RDBLength.word), input.left > 1 else { return try self.longString(&input, room) }
            header = 2
            count = (byte & 0x3f) << 8 | Int(input.cursor.load(fromByteOffset: 1, as: UInt8.self))
        }
        try input.require(header + count)
        let start = input.cursor + header
        input.cursor = start + count
        return Bytes(start: start, count: count)
    }

    @inline(never)
    private func longString(_ input: inout RDBInput, _ room: Writer) throws(RDBInterruption) -> Bytes {
        switch input.next {
        case RDBLength.int8:
            input.cursor += 1
            return Self.digits(Int64(try input.integer(Int8.self)), room)
        case RDBLength.int16:
            input.cursor += 1
            return Self.digits(Int64(try input.integer(Int16.self)), room)
        case RDBLength.int32:
            input.cursor += 1
            return Self.digits(Int64(try input.integer(Int32.self)), room)
        case RDBLength.compressed:
            input.cursor += 1
            return try self.compressed(&input, room)
        default:
            let count = try self.length(&input, atMost: RDBLimits.stringBytes)
            return try input.take(count)
        }
    }

    private func compressed(_ input: inout RDBInput, _ room: Writer) throws(RDBInterruption) -> Bytes {
        let place = input.cursor
        let packed = try self.length(&input, atMost: RDBLimits.stringBytes)
        let count = try self.length(&input, atMost: RDBLimits.stringBytes)
        guard LZF.mayExpand(packed, to: count) else {
            throw self.failure(.badCompression, at: place, "\(packed) compressed bytes cannot be \(count)")
        }
        let source = try input.take(packed)
        room.removeAll()
        guard LZF.decompress(source, to: room.reserve(count), count) else {
            throw self.failure(.badCompression, at: place, "a compressed string is damaged")
        }
        room.commit(count)
        return room.bytes
    }

    /// A number as the text that it stands for.
    static func digits(_ number: Int64, _ room: Writer) -> Bytes {
        room.removeAll()
        room.decimal(number)
        return room.bytes
    }

    /// Reads a length that has a limit.
    func length(_ input: inout RDBInput, atMost limit: Int) throws(RDBInterruption) -> Int {
        let place = input.cursor
        let value = try self.number(&input)
        guard value <= UInt64(limit) else {
            throw self.failure(.badLength, at: place, "a length of \(value) is above the limit of \(limit)")
        }
        return Int(value)
    }

    /// Reads a number in the form of a length.
    func number(_ input: inout RDBInput) throws(RDBInterruption) -> UInt64 {
        let place = input.cursor
        let byte = try input.integer(UInt8.self)
        if byte < RDBLength.oneByteEnd { return UInt64(byte) }
        if byte < RDBLength.word { return UInt64(byte & 0x3f) << 8 | UInt64(try input.integer(UInt8.self)) }
        switch byte {
        case RDBLength.word: return UInt64(UInt32(bigEndian: try input.integer(UInt32.self)))
        case RDBLength.doubleWord: return UInt64(bigEndian: try input.integer(UInt64.self))
        default: throw self.failure(.badLength, at: place, "no length begins with the byte \(byte)")
        }
    }

    /// Reads the beginning of a string that is to be passed over.
    /// - Returns: the bytes that follow.
    func lengthOfPassed(_ input: inout RDBInput) throws(RDBInterruption) -> Int {
        try input.require(1)
        switch input.next {
        case RDBLength.int8:
            input.cursor += 1
            return 1
        case RDBLength.int16:
            input.cursor += 1
            return 2
        case RDBLength.int32:
            input.cursor += 1
            return 4
        case RDBLength.compressed:
            input.cursor += 1
            let packed = try self.length(&input, atMost: RDBLimits.stringBytes)
            _ = try self.length(&input, atMost: RDBLimits.stringBytes)
            return packed
        default: return try self.length(&input, atMost: RDBLimits.stringBytes)
        }
    }
}
