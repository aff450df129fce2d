import Testing

@testable import Harness

@Suite struct ReplySpanTests {
    @Test(
        "an answer ends where it ends, and not before it is whole",
        arguments: [
            "+OK\r\n", "-ERR no\r\n", ":7\r\n", "$5\r\na\r\nbc\r\n", "$-1\r\n", "*2\r\n$1\r\nx\r\n*1\r\n:1\r\n",
        ]
    )
    func ends(text: String) throws {
        let bytes = Array(text.utf8)
        for cut in 0..<bytes.count {
            let end = try ReplySpan.end(Array(bytes[..<cut]), from: 0)
            #expect(end == nil, "cut at \(cut)")
        }
        #expect(try ReplySpan.end(bytes + Array("+next".utf8), from: 0) == bytes.count)
        #expect(try ReplySpan.end(Array("+a\r\n".utf8) + bytes, from: 4) == bytes.count + 4)
    }

    @Test("the elements of a list are its bytes, and their payloads the words")
    func elements() throws {
        let bytes = Array("*2\r\n$2\r\nab\r\n:7\r\n".utf8)
        let elements = try #require(try ReplySpan.elements(bytes, from: 0))
        #expect(elements.map { String(decoding: ReplySpan.payload($0), as: UTF8.self) } == ["ab", ":7\r\n"])
        #expect(try ReplySpan.elements(Array("+OK\r\n".utf8), from: 0) == nil)
    }

    @Test(
        "what is no RESP, or lies about its length, is refused",
        arguments: ["HTTP\r\n", "$x\r\n", "*9999999999\r\n"]
    )
    func malformed(text: String) {
        #expect(throws: HarnessError.self) { try ReplySpan.end(Array(text.utf8), from: 0) }
    }
}
