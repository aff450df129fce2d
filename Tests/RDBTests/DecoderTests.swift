import Primitives
import RDB
import Testing

@Suite struct DecoderTests {
    private static func expectError(_ code: RDBError.Code, at offset: Int, _ file: [UInt8]) {
        for pieceBytes in [1, 5, Int.max] {
            let error = failure(of: file, pieceBytes: pieceBytes)
            #expect(error?.code == code && error?.offset == offset, "\(String(describing: error))")
        }
    }

    @Test("a file of another kind or version is refused")
    func header() {
        Self.expectError(.notRDB, at: 0, [UInt8]("RODIS0009abcdefg"))
        Self.expectError(.notRDB, at: 0, [UInt8]("REDIS00x9abcdefg"))
        Self.expectError(.notRDB, at: 0, [UInt8](repeating: 0, count: 20))
        Self.expectError(.unsupportedVersion, at: 0, [UInt8]("REDIS9999abcdefg"))
        Self.expectError(.unsupportedVersion, at: 0, [UInt8]("REDIS0000abcdefg"))
        Self.expectError(.unsupportedVersion, at: 0, [UInt8]("VALKEY079bcdefg"))
        Self.expectError(.missingBytes, at: 5, [UInt8]("REDIS"))
        Self.expectError(.missingBytes, at: 0, [])
    }

    @Test("files without a checksum are taken: those that say so, and those from before there was one")
    func checksums() throws {
        let item = [0] + string("key") + string("value")
        #expect(try Reading(file(item, checksum: false)).records.count == 1)
        #expect(try Reading([UInt8]("REDIS0004") + item + [0xff]).ended)
        #expect(try Reading(file(item, version: "VALKEY080")).records.count == 1)
        var wrong = file(item)
        wrong[wrong.count - 1] ^= 1
        Self.expectError(.checksumMismatch, at: wrong.count - 8, wrong)
        var damaged = file(item)
        damaged[16] ^= 1
        Self.expectError(.checksumMismatch, at: wrong.count - 8, damaged)
    }

    @Test("bytes behind the end are an error, and an end that does not come is one")
    func ends() {
        let whole = file([0] + string("key") + string("value"))
        Self.expectError(.trailingBytes, at: whole.count, whole + [0])
        Self.expectError(.missingBytes, at: whole.count - 1, whole.dropLast())
    }

    @Test("a key in another database is an error; that such a database is named is none")
    func databases() throws {
        let item = [0] + string("key") + string("value")
        #expect(try Reading(file([0xfe, 3, 0xfe, 0] + item)).records.count == 1)
        Self.expectError(.otherDatabase, at: 11, file([0xfe, 3] + item))
        Self.expectError(.otherDatabase, at: 11, file([0xfe, 3, 2] + string("key") + [1] + string("a")))
    }

    @Test(
        "types that are not supported are named with their key and their place",
        arguments: [6, 7, 15, 19, 21, 22, 24]
    )
    func unsupported(type: UInt8) throws {
        let bytes = file([0] + string("k") + string("v") + [type] + string("the \"key\"\n") + [1, 2, 3])
        let error = try #require(failure(of: bytes, pieceBytes: 3))
        #expect(error.code == .unsupportedType && error.offset == 14)
        #expect(error.message.contains("value type \(type) is not supported"))
        #expect(error.message.contains(#""the \x22key\x22\x0a""#))
        if type == 15 { #expect(error.description.contains("(a stream)")) }
    }

    @Test("opcodes and types that do not exist are errors", arguments: [8, 26, 200, 242, 243])
    func unknown(byte: UInt8) {
        Self.expectError(.unsupportedType, at: 9, file([byte, 0, 0, 0]))
    }

    @Test("expiries in seconds and milliseconds belong to the next key, and what says how often it was used is skipped")
    func expiries() throws {
        let key = [0] + string("key") + string("value")
        let seconds = [0xfd] + [UInt8](Int32(1_700_000_000))
        let milliseconds = [0xfc] + [UInt8](Int64(1_700_000_000_123))
        let never = [0xfc] + [UInt8](Int64(-1))
        let set = [2] + string("s") + [1] + string("m")
        let used = join([0xf9, 200], key, [0xf8, 0x41, 0x00], key)
        let items = join(seconds, key, milliseconds, used, milliseconds, set, set)
        for pieceBytes in [1, .max] {
            let reading = try Reading(file(items + never + key), pieceBytes: pieceBytes)
            let later: Milliseconds = 1_700_000_000_123
            let expected: [Milliseconds?] = [1_700_000_000_000, later, nil, later, nil, nil]
            #expect(reading.records.map(\.expiry) == expected)
        }
    }

    @Test(
        "functions, module data and slots are passed over and counted, wherever they are cut",
        arguments: [1, 4, .max]
    )
    func skipped(pieceBytes: Int) throws {
        let compressed: [UInt8] = [0xc3, 5, 10] + [0, 97, 0xe0, 0, 0]
        let code = string([UInt8](repeating: 120, count: 300))
        let module: [UInt8] = [
            0xf7, 0x81, 1, 2, 3, 4, 5, 6, 7, 8, 2, 1, 1, 5, 2, 0x40, 9, 3, 1, 2, 3, 4, 4, 1, 2, 3, 4, 5, 6, 7, 8, 5,
        ]
        let name = join([0xf6], string("name"), string("lua"))
        let items = join(
            join([0xf5], code, [0xf5, 0xc0, 1, 0xf5, 0xc1, 1, 1, 0xf5, 0xc2, 1, 1, 1, 1, 0xf5], compressed),
            join(name, [0], code, name, [1], string("description"), code),
            join(module, code, [0], [0xf4, 1, 2, 3], [0], string("key"), string("value"))
        )
        let reading = try Reading(file(items), pieceBytes: pieceBytes)
        #expect(reading.records.count == 1)
        #expect(reading.decoder.skipped.functions == 7)
        #expect(reading.decoder.skipped.moduleFields == 1)
        Self.expectError(.badModule, at: 10, file([0xf7, 1, 3, 1, 0]))
        Self.expectError(.badModule, at: 13, file([0xf7, 1, 2, 1, 9]))
    }

    @Test("keys without elements are passed over and counted, as Redis does")
    func empty() throws {
        let reading = try Reading(file([0xfc] + [UInt8](Int64(5)) + [4, 1, 97, 0, 0, 1, 98, 1, 99]))
        #expect(reading.records == [Record(key: [98], value: .string([99]), expiry: nil)])
        #expect(reading.decoder.skipped.emptyKeys == 1)
    }

    @Test("strings in every form are read, and those in a form that does not exist are errors")
    func strings() throws {
        let run: [UInt8] = [0xc3, 5, 10] + [0, 97, 0xe0, 0, 0]
        let items: [[UInt8]] = [
            [0, 0xc0, 0x80, 0xc1, 0x34, 0x12], [0, 0xc2, 0, 0, 0, 0x80] + run, [0, 0x40, 1, 97, 0x80, 0, 0, 0, 1, 98],
            [0, 0x81, 0, 0, 0, 0, 0, 0, 0, 1, 99, 0],
        ]
        let expected = [("-128", "4660"), ("-2147483648", "aaaaaaaaaa"), ("a", "b"), ("c", "")]
        for pieceBytes in [1, 2, .max] {
            let reading = try Reading(file(items.flatMap { $0 }), pieceBytes: pieceBytes)
            let records = expected.map { Record(key: [UInt8]($0), value: .string([UInt8]($1)), expiry: nil) }
            #expect(reading.records == records)
        }
        Self.expectError(.badLength, at: 10, file([0, 0xc4, 1, 1, 1]))
        Self.expectError(.badLength, at: 10, file([0, 0x82, 1, 1, 1, 1, 1, 1, 1, 1]))
    }

    @Test("lengths above their limits are errors at once")
    func limits() {
        let tooLong = [0x80] + [UInt8](UInt32(RDBLimits.stringBytes + 1).byteSwapped)
        Self.expectError(.badLength, at: 10, [UInt8]("REDIS0009") + [0] + tooLong)
        let lie: [UInt8] = [0x81, 255, 255, 255, 255, 255, 255, 255, 255]
        Self.expectError(.badLength, at: 10, [UInt8]("REDIS0009") + [0] + lie)
        Self.expectError(.badLength, at: 12, [UInt8]("REDIS0009") + [2, 1, 97] + lie)
        Self.expectError(.badCompression, at: 11, [UInt8]("REDIS0009") + [0, 0xc3, 1, 0x80, 16, 0, 0, 0])
    }

    @Test("whoever takes the events may end the decoding, and it stays ended")
    func refused() {
        let decoder = RDBDecoder()
        let bytes = file([0] + string("key") + string("value"))
        let refusal = RDBError(.refused, offset: 9, "a key that is there already")
        for _ in 0..<2 {
            #expect(throws: refusal) {
                try bytes.withUnsafeBytes { bytes in
                    try decoder.decode(bytes) { (_) throws(RDBError) in
                        throw RDBError(.refused, offset: 0, "a key that is there already")
                    }
                }
            }
        }
        #expect(throws: refusal) { try decoder.finish() }
    }
}
