// The snapshot format of Redis: a header, then items, each an opcode or a value's type with what follows, an end, and a
// checksum over everything before it.
//
// Sources: https://rdb.fnordig.de/file_format.html, and the behaviour of redis-server and redis-check-rdb, which
// decide.

import RESP

/// What a reader takes at most; each bounds memory that a file could otherwise make us hold.
package enum RDBLimits {
    /// Bytes of one string, and of one packed value: what a client may send (Redis: proto-max-bulk-len).
    package static let stringBytes = Limits.bulkLength
    /// Elements of one value: more than any machine holds, and sums of such numbers do not overflow.
    package static let elementCount = 1 << 40
    /// Versions that are read: of Redis up to 7.4, and those that Valkey numbers anew from 9.0 on.
    static let redisVersions = 1...12
    static let valkeyVersions = 80...81
    /// From this version on there is a checksum.
    static let firstVersionWithChecksum = 5
}

/// The kinds of a value that has elements.
package enum RDBKind: UInt8, Sendable {
    case list
    case set
    case sortedSet
    case hash
}

/// What stands where a value's type may stand and is none.
enum RDBOpcode: UInt8 {
    case slotInfo = 244
    case function = 245
    /// As release candidates of Redis 7.0 wrote it.
    case earlyFunction = 246
    case moduleAux = 247
    case idle = 248
    case frequency = 249
    case aux = 250
    case sizes = 251
    case expiryMilliseconds = 252
    case expirySeconds = 253
    case selectDB = 254
    case end = 255
}

/// The types of values, by the way in which they are written.
enum RDBValueType: UInt8 {
    case string = 0
    case list = 1
    case set = 2
    /// Scores as text.
    case sortedSetWithText = 3
    case hash = 4
    /// Scores as binary doubles.
    case sortedSet = 5
    case hashZipmap = 9
    case listZiplist = 10
    case setIntset = 11
    case sortedSetZiplist = 12
    case hashZiplist = 13
    /// A list of ziplists.
    case listOfZiplists = 14
    case hashListpack = 16
    case sortedSetListpack = 17
    /// A list of nodes, each a listpack or one plain string.
    case listOfNodes = 18
    case setListpack = 20

    /// What a type is that can be written by others and is not read here.
    static func unsupported(_ type: UInt8) -> String? {
        switch type {
        case 6, 7: "a module's value"
        case 15, 19, 21: "a stream"
        case 22...25: "a hash whose fields expire, or a newer type"
        default: nil
        }
    }
}

/// Marks in the first byte of a length: its two highest bits.
enum RDBLength {
    /// Lengths below this take one byte.
    static let oneByteEnd = 0x40
    /// Lengths below this take two.
    static let twoByteEnd = 0x4000
    static let twoByteMark: UInt8 = 0x40
    static let word: UInt8 = 0x80
    static let doubleWord: UInt8 = 0x81
    /// From here on it is no length but a string in another form.
    static let packed: UInt8 = 0xc0
    static let int8: UInt8 = 0xc0
    static let int16: UInt8 = 0xc1
    static let int32: UInt8 = 0xc2
    static let compressed: UInt8 = 0xc3
}
