import Primitives
import RESP
import Testing

@Suite struct WriterTests {
    private func written(_ version: ProtocolVersion, _ body: (Writer) -> Void) -> String {
        let writer = Writer()
        writer.version = version
        body(writer)
        return writer.bytes.text
    }

    @Test("Each type has its form in either dialect")
    func forms() {
        let cases: [(body: (Writer) -> Void, resp2: String, resp3: String)] = [
            ({ $0.ok() }, "+OK\r\n", "+OK\r\n"),
            ({ $0.simple("PONG") }, "+PONG\r\n", "+PONG\r\n"),
            ({ $0.error("ERR a\r\nb") }, "-ERR a  b\r\n", "-ERR a  b\r\n"),
            ({ $0.integer(Int64.min) }, ":-9223372036854775808\r\n", ":-9223372036854775808\r\n"),
            ({ $0.bulk("") }, "$0\r\n\r\n", "$0\r\n\r\n"),
            ({ $0.bulk(decimal: -12) }, "$3\r\n-12\r\n", "$3\r\n-12\r\n"),
            ({ $0.null() }, "$-1\r\n", "_\r\n"),
            ({ $0.nullArray() }, "*-1\r\n", "_\r\n"),
            ({ $0.array(2) }, "*2\r\n", "*2\r\n"),
            ({ $0.map(2) }, "*4\r\n", "%2\r\n"),
            ({ $0.set(2) }, "*2\r\n", "~2\r\n"),
            ({ $0.verbatim("hi") }, "$2\r\nhi\r\n", "=6\r\ntxt:hi\r\n"),
        ]
        for (body, resp2, resp3) in cases {
            #expect(self.written(.resp2, body) == resp2)
            #expect(self.written(.resp3, body) == resp3)
        }
    }

    @Test("Large replies are kept whole, taken back and forgotten")
    func growth() {
        let writer = Writer()
        let value = [UInt8](repeating: 7, count: 3_000_000)
        for _ in 0..<3 { value.withUnsafeBytes { writer.bulk($0) } }
        let length = "$3000000\r\n".utf8.count + value.count + 2
        #expect(writer.count == 3 * length)
        #expect(writer.bytes.filter { $0 == 7 }.count == 9_000_000)
        writer.truncate(to: length)
        #expect(writer.count == length)
        writer.removeAll()
        #expect(writer.count == 0)
        writer.ok()
        #expect(writer.bytes.text == "+OK\r\n")
    }

    @Test("A number is written in the digits that it is read from")
    func decimals() {
        var values: [Int64] = [0, 1, -1, 9, 10, 99, 100, .max, .min, .max - 1, .min + 1]
        var power: Int64 = 1
        for _ in 0..<18 {
            power *= 10
            values += [power, power - 1, -power, 1 - power]
        }
        for value in values {
            let text = self.written(.resp2) { $0.decimal(value) }
            #expect(text == "\(value)")
            #expect(Self.read(text) == value)
        }
    }

    @Test("Only the canonical form of a number is one")
    func refusedDecimals() {
        let wrong = [
            "", "-", "+1", "01", "-0", "00", " 1", "1 ", "1.0", "a", "9223372036854775808", "-9223372036854775809",
            "18446744073709551616", "99999999999999999999", "100000000000000000000", "\u{0}1",
        ]
        for text in wrong { #expect(Self.read(text) == nil, "\(text)") }
    }

    private static func read(_ text: String) -> Int64? {
        var copy = text
        return copy.withUTF8 { Decimal.read(Bytes($0)) }
    }
}
