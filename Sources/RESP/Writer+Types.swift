// RESP's types. Where the dialects differ, the RESP3 type is written for a RESP3 connection and the form that Redis sends
// for it in RESP2 otherwise. Source: https://redis.io/docs/latest/develop/reference/protocol-spec/

package import Primitives

extension Writer {
    private func header(_ marker: UInt8, _ value: Int64) {
        let target = self.reserve(24).assumingMemoryBound(to: UInt8.self)
        target[0] = marker
        let digits = Decimal.write(value, to: target + 1)
        target[digits + 1] = UInt8(ascii: "\r")
        target[digits + 2] = UInt8(ascii: "\n")
        self.commit(digits + 3)
    }

    package func ok() { self.raw("+OK\r\n") }

    package func simple(_ text: StaticString) {
        self.byte(UInt8(ascii: "+"))
        self.raw(text)
        self.raw("\r\n")
    }

    package func simple(_ text: String) {
        self.byte(UInt8(ascii: "+"))
        self.raw(text)
        self.raw("\r\n")
    }

    /// An error with its code: `ERR …`, `WRONGTYPE …`. Line ends inside it become blanks.
    package func error(_ message: String) {
        self.byte(UInt8(ascii: "-"))
        for byte in message.utf8 { self.byte(byte == 0x0d || byte == 0x0a ? 0x20 : byte) }
        self.raw("\r\n")
    }

    /// An error that quotes what a client sent, which need not be text.
    package func error(_ message: [UInt8]) {
        self.byte(UInt8(ascii: "-"))
        for byte in message { self.byte(byte == 0x0d || byte == 0x0a ? 0x20 : byte) }
        self.raw("\r\n")
    }

    package func integer(_ value: Int64) { self.header(UInt8(ascii: ":"), value) }

    package func integer(_ value: Int) { self.header(UInt8(ascii: ":"), Int64(value)) }

    package func bulk(_ bytes: Bytes) {
        self.header(UInt8(ascii: "$"), Int64(bytes.count))
        self.raw(bytes)
        self.raw("\r\n")
    }

    package func bulk(_ literal: StaticString) { self.bulk(Bytes(literal)) }

    package func bulk(_ text: String) {
        var text = text
        text.withUTF8 { self.bulk(Bytes($0)) }
    }

    /// A number as a bulk string.
    package func bulk(decimal value: Int64) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
            guard let start = digits.baseAddress else { return }
            self.bulk(Bytes(start: start, count: Decimal.write(value, to: start)))
        }
    }

    package func null() {
        self.raw(self.version == .resp3 ? "_\r\n" : "$-1\r\n")
    }

    package func nullArray() {
        self.raw(self.version == .resp3 ? "_\r\n" : "*-1\r\n")
    }

    package func array(_ count: Int) { self.header(UInt8(ascii: "*"), Int64(count)) }

    /// A map of `count` pairs; in RESP2 an array of twice as many elements.
    package func map(_ count: Int) {
        if self.version == .resp3 {
            self.header(UInt8(ascii: "%"), Int64(count))
        } else {
            self.array(count * 2)
        }
    }

    /// A set; in RESP2 an array.
    package func set(_ count: Int) {
        self.header(self.version == .resp3 ? UInt8(ascii: "~") : UInt8(ascii: "*"), Int64(count))
    }

    /// Text to be shown as it is; in RESP2 a bulk string.
    package func verbatim(_ text: String) {
        guard self.version == .resp3 else { return self.bulk(text) }
        self.header(UInt8(ascii: "="), Int64(text.utf8.count + 4))
        self.raw("txt:")
        self.raw(text)
        self.raw("\r\n")
    }
}
