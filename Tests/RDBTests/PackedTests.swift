import Primitives
import RDB
import Testing

@Suite struct PackedTests {
    private static func text(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0) } }

    private static let ziplistEntries: [(Entry, [UInt8])] = [
        (.text([]), []), (.text(text(63)), text(63)), (.text(text(64)), text(64)), (.text(text(300)), text(300)),
        (.text(text(16_384)), text(16_384)), (.number(form: 0xf1, []), [UInt8]("0")),
        (.number(form: 0xfd, []), [UInt8]("12")), (.number(form: 0xfe, [0x80]), [UInt8]("-128")),
        (.number(form: 0xc0, [0, 0x80]), [UInt8]("-32768")),
        (.number(form: 0xf0, [0xff, 0xff, 0xff]), [UInt8]("-1")),
        (.number(form: 0xf0, [0, 0, 0x80]), [UInt8]("-8388608")),
        (.number(form: 0xd0, [0xff, 0xff, 0xff, 0x7f]), [UInt8]("2147483647")),
        (.number(form: 0xe0, [0, 0, 0, 0, 0, 0, 0, 0x80]), [UInt8]("-9223372036854775808")),
    ]

    private static let listpackEntries: [(Entry, [UInt8])] = [
        (.text([]), []), (.text(text(63)), text(63)), (.text(text(64)), text(64)), (.text(text(126)), text(126)),
        (.text(text(4095)), text(4095)), (.text(text(4096)), text(4096)), (.text(text(20_000)), text(20_000)),
        (.number(form: 0, []), [UInt8]("0")), (.number(form: 127, []), [UInt8]("127")),
        (.number(form: 0xcf, [0xff]), [UInt8]("4095")), (.number(form: 0xd0, [0]), [UInt8]("-4096")),
        (.number(form: 0xdf, [0xff]), [UInt8]("-1")), (.number(form: 0xf1, [0, 0x80]), [UInt8]("-32768")),
        (.number(form: 0xf2, [0xff, 0xff, 0x7f]), [UInt8]("8388607")),
        (.number(form: 0xf3, [0, 0, 0, 0x80]), [UInt8]("-2147483648")),
        (.number(form: 0xf4, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]), [UInt8]("9223372036854775807")),
    ]

    private static func read(_ type: UInt8, _ blob: [UInt8], _ pieceBytes: Int = .max) throws -> Record.Value? {
        let reading = try Reading(file([type] + string("key") + string(blob)), pieceBytes: pieceBytes)
        #expect(reading.records.count <= 1)
        return reading.records.first?.value
    }

    @Test("ziplists are read in every form that an entry can have", arguments: [1, 50, .max])
    func ziplists(pieceBytes: Int) throws {
        let blob = ziplist(Self.ziplistEntries.map(\.0))
        let texts = Self.ziplistEntries.map(\.1)
        #expect(try Self.read(10, blob, pieceBytes) == .list(texts))
        let node = string(blob)
        let reading = try Reading(file(join([14], string("l"), [2], node, node)), pieceBytes: pieceBytes)
        #expect(reading.records.map(\.value) == [.list(texts + texts)])
        #expect(reading.announced == [nil])
        let pairs = [[UInt8]("a"), [UInt8]("1"), [UInt8]("b"), [UInt8]("2")]
        #expect(
            try Self.read(13, ziplist(pairs.map(Entry.text))) == .hash([[pairs[0], pairs[1]], [pairs[2], pairs[3]]])
        )
        let scores = ziplist([.text(pairs[0]), .text([UInt8]("1.5")), .text(pairs[2]), .number(form: 0xf3, [])])
        #expect(try Self.read(12, scores) == .sortedSet([pairs[0], pairs[2]], scores: [1.5, 2]))
    }

    @Test("listpacks are read in every form that an entry can have", arguments: [1, 50, .max])
    func listpacks(pieceBytes: Int) throws {
        let blob = listpack(Self.listpackEntries.map(\.0))
        let texts = Self.listpackEntries.map(\.1)
        #expect(try Self.read(20, blob, pieceBytes) == .set(texts))
        let nodes = join([2], string(blob), [1], string(Self.text(9000)), [2], string(blob))
        let reading = try Reading(file(join([18], string("l"), [3], nodes)), pieceBytes: pieceBytes)
        #expect(reading.records.map(\.value) == [.list(texts + [Self.text(9000)] + texts)])
        let single = try Reading(file([18] + string("l") + [1, 2] + string(blob)), pieceBytes: pieceBytes)
        #expect(single.announced == [texts.count])
        let words = ["a", "-inf", "b", "1e-7"].map { Entry.text([UInt8]($0)) }
        #expect(try Self.read(17, listpack(words)) == .sortedSet([[97], [98]], scores: [-.infinity, 1e-7]))
        #expect(try Self.read(16, listpack(words)) == .hash([[[97], [UInt8]("-inf")], [[98], [UInt8]("1e-7")]]))
    }

    @Test("intsets are read in their three widths")
    func intsets() throws {
        #expect(
            try Self.read(11, intset([Int16.min, -1, 0, 7])) == .set(["-32768", "-1", "0", "7"].map { [UInt8]($0) })
        )
        #expect(try Self.read(11, intset([Int32.min, 7])) == .set(["-2147483648", "7"].map { [UInt8]($0) }))
        let longest = [Int64.min, Int64.max]
        #expect(try Self.read(11, intset(longest)) == .set(longest.map { [UInt8]("\($0)") }))
    }

    @Test("zipmaps are read, with long values and with room behind a value", arguments: [0, 3])
    func zipmaps(unused: Int) throws {
        let pairs = [(Self.text(3), Self.text(253)), (Self.text(254), Self.text(300)), ([], [])]
        #expect(try Self.read(9, zipmap(pairs, unused: unused)) == .hash(pairs.map { [$0.0, $0.1] }))
        let many = (0..<300).map { ([UInt8]("\($0)"), [UInt8]("v")) }
        #expect(try Self.read(9, zipmap(many)) == .hash(many.map { [$0.0, $0.1] }))
    }

    @Test("scores as text are read, and those that are none are errors")
    func scores() throws {
        let members = [UInt8]("abc").map { [$0] }
        let items = join([3], string("z"), [3, 1, 97], string("-1.25"), string("b"), [254], string("c"), [255])
        for pieceBytes in [1, .max] {
            let reading = try Reading(file(items), pieceBytes: pieceBytes)
            #expect(reading.records[0].value == .sortedSet(members, scores: [-1.25, .infinity, -.infinity]))
        }
        for score in [[253], string(""), string("x"), string("1.5 "), string("nan"), string("1\0")] {
            #expect(failure(of: file([3] + string("z") + [1] + string("a") + score))?.code == .badScore)
        }
        let nan = [5] + string("z") + [1] + string("a") + [UInt8](Double.nan.bitPattern)
        #expect(failure(of: file(nan))?.code == .badScore)
        let packed = listpack([.text([97]), .text([UInt8]("nan"))])
        #expect(failure(of: file([17] + string("z") + string(packed)))?.code == .badPacking)
    }

    @Test("packed values and lists of nodes without elements are passed over")
    func empty() throws {
        for type: UInt8 in [10, 12, 13] { #expect(try Self.read(type, ziplist([])) == nil) }
        for type: UInt8 in [16, 17, 20] { #expect(try Self.read(type, listpack([])) == nil) }
        #expect(try Self.read(9, zipmap([])) == nil)
        #expect(try Self.read(11, intset([Int16]())) == nil)
        let nothing = string(ziplist([]))
        let something = string(ziplist([.text([97])]))
        let items = join(
            join([14], string("l"), [2], nothing, nothing),
            join([14], string("m"), [3], nothing, something, nothing)
        )
        let reading = try Reading(file(items), pieceBytes: 1)
        #expect(reading.records == [Record(key: [UInt8]("m"), value: .list([[97]]), expiry: nil)])
        #expect(reading.decoder.skipped.emptyKeys == 1)
    }

    private static let damaged: [(UInt8, [UInt8])] = {
        let words = ["a", "1", "b"].map { Entry.text([UInt8]($0)) }
        var listpackCount = listpack(words)
        listpackCount[4] = 9
        var listpackLength = listpack(words)
        listpackLength[8] = 5
        var ziplistTail = ziplist(words)
        ziplistTail[4] = 10
        var ziplistPrevious = ziplist(words)
        ziplistPrevious[13] = 9
        return [
            (20, listpackCount), (20, listpackLength), (20, listpack(words).dropLast()), (20, []), (20, [0]),
            (16, listpack(words)), (17, listpack(words)), (13, ziplist(words)), (12, ziplist(words)),
            (10, ziplistTail), (10, ziplistPrevious), (10, ziplist(words) + [255]), (10, []),
            (10, ziplist([.number(form: 0xc1, [])])), (20, listpack([.number(form: 0xf5, [])])),
            (11, intset([Int32(2), 1])), (11, intset([Int32(2), 2])), (11, intset([Int8(2)])), (11, [2, 0, 0, 0]),
            (11, intset([Int16(2)]) + [0]), (9, []), (9, [0]), (9, [1, 1, 97, 255]), (9, [1, 255, 1, 255]),
            (9, [2] + zipmap([([97], [98])]).dropFirst()),
        ]
    }()

    @Test("packed values that are damaged are errors that name the form and the place")
    func damage() throws {
        for (type, blob) in Self.damaged {
            let error = try #require(failure(of: file([type] + string("key") + string(blob))), "\(type) \(blob)")
            #expect(error.code == .badPacking && error.offset == 14, "\(type) \(blob)")
        }
        let node = string(listpack([.text([97])]))
        #expect(failure(of: file([18] + string("key") + [1, 3] + node))?.code == .badPacking)
    }
}
