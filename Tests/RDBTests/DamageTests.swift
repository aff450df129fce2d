// Damaged files: whatever bytes come, the answer is an error or a reading, and memory stays within its limits.

import Primitives
import RDB
import Testing

@Suite struct DamageTests {
    /// A small file with every type of value and every opcode.
    static let items: [UInt8] = {
        let words = ["a", "12345", "b", "-1.5"].map { Entry.text([UInt8]($0)) }
        let plain = join(
            join([0], string("key"), string("value")),
            join([0xfc], [UInt8](Int64(1 << 40)), [0], string("i"), [0xc1, 1, 2]),
            join([1], string("l"), [2], string("a"), string("b"), [2], string("s"), [1], string("a")),
            join([3], string("z"), [1], string("a"), string("1.5"), [4], string("h"), [1], string("f"), string("v")),
            join([5], string("y"), [1], string("a"), [UInt8]((2.5).bitPattern))
        )
        let packed = join(
            join([9], string("m"), string(zipmap([([97], [98])]))),
            join([10], string("n"), string(ziplist(words)), [11], string("o"), string(intset([Int16(1), 2]))),
            join([12], string("p"), string(ziplist(words)), [13], string("q"), string(ziplist(words))),
            join([16], string("r"), string(listpack(words)), [17], string("t"), string(listpack(words))),
            join([20], string("u"), string(listpack(words)))
        )
        let nodes = join(
            join([14], string("v"), [1], string(ziplist(words))),
            join([18], string("w"), [2, 2], string(listpack(words)), [1], string("plain"))
        )
        let others = join(
            join([0xfa], string("name"), string("value")),
            [0xfe, 0, 0xfb, 5, 1, 0xf9, 1, 0xf8, 1, 0xf4, 1, 2, 3],
            join([0xf5], string("code"), [0xf6], string("n"), string("e"), [1], string("d"), string("c")),
            join([0xf7, 1, 2, 1, 1, 5, 2, 5, 3, 1, 2, 3, 4, 4, 1, 2, 3, 4, 5, 6, 7, 8, 5], string("s"), [0])
        )
        let compressed = join([0], string("x"), [0xc3, 5, 10, 0, 97, 0xe0, 0, 0])
        return join(others, plain, packed, nodes, compressed)
    }()

    @Test(
        "a file that is whole is read whole, and one that is cut anywhere is missing bytes",
        arguments: [true, false]
    )
    func truncation(checksum: Bool) throws {
        let whole = file(Self.items, checksum: checksum)
        let expected = try Reading(whole)
        #expect(expected.records.count == 18)
        for pieceBytes in 1...40 {
            let reading = try Reading(whole, pieceBytes: pieceBytes)
            #expect(reading.records == expected.records)
        }
        for count in 0..<whole.count {
            let error = failure(of: Array(whole[..<count]), pieceBytes: count % 9 + 1)
            #expect(error?.code == .missingBytes && error?.offset == count)
        }
    }

    @Test("a checksum finds every bit that was turned over")
    func bits() {
        let whole = file(Self.items)
        for bit in 0..<(whole.count * 8) {
            var damaged = whole
            damaged[bit / 8] ^= 1 << (bit % 8)
            if failure(of: damaged, pieceBytes: bit % 50 + 1) == nil { Issue.record("bit \(bit)") }
        }
    }

    @Test("without a checksum every bit may be turned over, and nothing worse than an error comes of it")
    func bitsUnseen() {
        let whole = file(Self.items, checksum: false)
        var errors = 0
        for bit in 0..<(whole.count * 8) {
            var damaged = whole
            damaged[bit / 8] ^= 1 << (bit % 8)
            if failure(of: damaged, pieceBytes: bit % 50 + 1) != nil { errors += 1 }
        }
        #expect(errors > whole.count)
    }

    @Test("random damage of any size is an error or a reading", arguments: 1...4)
    func noise(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let whole = file(Self.items, checksum: false)
        for _ in 0..<5000 {
            var damaged = whole
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                let place = Int.random(in: 9..<damaged.count, using: &generator)
                let byte = UInt8.random(in: 0...255, using: &generator)
                let interesting: [UInt8] = [0, 0x3f, 0x40, 0x80, 0x81, 0xc0, 0xc3, 0xf0, 0xfe, 0xff]
                switch Int.random(in: 0..<5, using: &generator) {
                case 0: damaged[place] = interesting[Int(byte) % interesting.count]
                case 1: damaged[place] = byte
                case 2: damaged.insert(byte, at: place)
                case 3: damaged.remove(at: place)
                default:
                    let other = Int.random(in: 9..<damaged.count, using: &generator)
                    damaged.replaceSubrange(place..., with: damaged[min(other, place)...])
                }
            }
            _ = failure(of: damaged, pieceBytes: Int.random(in: 1...200, using: &generator))
        }
    }

    @Test("bytes without any sense are errors", arguments: 1...4)
    func garbage(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<2000 {
            let bytes = (0..<60).map { _ in UInt8.random(in: 0...255, using: &generator) }
            let error = failure(of: [UInt8]("REDIS0009") + bytes, pieceBytes: Int.random(in: 1...70, using: &generator))
            #expect(error != nil)
        }
    }

    @Test("of a long string that has been announced no more is held than has come")
    func memory() throws {
        let decoder = RDBDecoder()
        let header = [UInt8]("REDIS0009") + [0] + string("key") + [0x80, 0x20, 0, 0, 0]
        let piece = [UInt8](repeating: 97, count: 100_000)
        try header.withUnsafeBytes { bytes in try decoder.decode(bytes) { (_) throws(RDBError) in } }
        #expect(decoder.heldBytes == 10)
        for count in 1...20 {
            try piece.withUnsafeBytes { bytes in try decoder.decode(bytes) { (_) throws(RDBError) in } }
            #expect(decoder.heldBytes == 10 + count * piece.count)
        }
        #expect(throws: RDBError.self) { try decoder.finish() }
    }

    @Test("elements are passed on as they come: a value of any size is never held")
    func elements() throws {
        let decoder = RDBDecoder()
        let header = [UInt8]("REDIS0009") + [2] + string("key") + [0x81, 0, 0, 0, 1, 0, 0, 0, 0]
        try header.withUnsafeBytes { bytes in try decoder.decode(bytes) { (_) throws(RDBError) in } }
        let piece = (0..<1000).flatMap { string("member \($0)") } + string("the last one is cut").dropLast(1)
        let second = Array("t".utf8) + piece
        var events = 0
        try piece.withUnsafeBytes { bytes in try decoder.decode(bytes) { (_) throws(RDBError) in events += 1 } }
        for _ in 0..<20 {
            try second.withUnsafeBytes { bytes in try decoder.decode(bytes) { (_) throws(RDBError) in events += 1 } }
            #expect(decoder.heldBytes == 19)
        }
        #expect(events == 21 * 1000 + 20)
    }
}
