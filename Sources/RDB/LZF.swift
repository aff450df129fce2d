// LZF: runs of bytes as they are, and references to what was written before. A control byte below 32 is the length of a
// run less one. Any other has a length in its three highest bits (seven: the next byte is added), two less than what is
// to be copied, and with the byte behind it the distance back, less one, in thirteen bits.
//
// Source: the format as liblzf (Marc Lehmann) writes it.

import Primitives

enum LZF {
    /// Three bytes bring back 264 at most: who announces more is lying.
    private static let mostExpansion = 88

    /// Whether so many bytes may become so many.
    static func mayExpand(_ compressed: Int, to count: Int) -> Bool {
        compressed <= count / Self.mostExpansion ? compressed * Self.mostExpansion >= count : true
    }

    /// Decompresses.
    /// - Parameter target: room for `count` bytes.
    /// - Returns: whether it became exactly `count` bytes.
    static func decompress(_ source: Bytes, to target: UnsafeMutableRawPointer, _ count: Int) -> Bool {
        guard var input = source.baseAddress else { return count == 0 }
        let inputEnd = input + source.count
        var written = 0
        while input < inputEnd {
            let control = Int(input.load(as: UInt8.self))
            input += 1
            if control < 32 {
                let run = control + 1
                guard inputEnd - input >= run, count - written >= run else { return false }
                (target + written).copyMemory(from: input, byteCount: run)
                input += run
                written += run
                continue
            }
            var length = control >> 5 + 2
            if length == 9 {
                guard input < inputEnd else { return false }
                length += Int(input.load(as: UInt8.self))
                input += 1
            }
            guard input < inputEnd else { return false }
            let distance = (control & 0x1f) << 8 + Int(input.load(as: UInt8.self)) + 1
            input += 1
            guard distance <= written, count - written >= length else { return false }
            Self.copy(length, back: distance, to: target + written)
            written += length
        }
        return written == count
    }

    /// Repeats what lies `distance` bytes back; it may reach into what is being written.
    private static func copy(_ length: Int, back distance: Int, to target: UnsafeMutableRawPointer) {
        let source = UnsafeRawPointer(target) - distance
        if distance >= length {
            target.copyMemory(from: source, byteCount: length)
        } else {
            for index in 0..<length {
                let byte = source.load(fromByteOffset: index, as: UInt8.self)
                target.storeBytes(of: byte, toByteOffset: index, as: UInt8.self)
            }
        }
    }
}
