import Primitives
import RESP
import Testing

@Suite struct CommandParserTests {
    /// Feeds bytes as they arrive, `sizes` at a time, the way a connection does; returns what was understood.
    private func parse(_ input: [UInt8], cutAt cuts: [Int]) -> (commands: [[[UInt8]]], failure: ProtocolError?) {
        var parser = CommandParser()
        var commands: [[[UInt8]]] = []
        var pending: [UInt8] = []
        var start = 0
        for cut in cuts + [input.count] {
            pending += input[start..<cut]
            start = cut
            while true {
                let outcome = pending.withUnsafeBytes { bytes in
                    let outcome = parser.next(in: bytes)
                    if case .command = outcome {
                        let command = parser.current
                        commands.append((0..<command.count).map { Array(command[$0]) })
                        #expect(command.encoded.elementsEqual(Self.encode(commands[commands.count - 1])))
                    }
                    return outcome
                }
                switch outcome {
                case .command(let consumed), .nothing(let consumed):
                    pending.removeFirst(consumed)
                    parser.advance()
                    continue
                case .incomplete: break
                case .failed(let error): return (commands, error)
                }
                break
            }
        }
        return (commands, nil)
    }

    private static func encode(_ words: [[UInt8]]) -> [UInt8] {
        words.reduce(into: Array("*\(words.count)\r\n".utf8)) { bytes, word in
            bytes += Array("$\(word.count)\r\n".utf8) + word + Array("\r\n".utf8)
        }
    }

    private func parse(_ text: String) -> (commands: [[String]], failure: ProtocolError?) {
        let result = self.parse(Array(text.utf8), cutAt: [])
        return (result.commands.map { $0.map { String(decoding: $0, as: UTF8.self) } }, result.failure)
    }

    private let pipeline = Array(
        ("*3\r\n$3\r\nSET\r\n$3\r\nk\r\n\r\n$0\r\n\r\n" + "PING\r\n" + "\r\n" + "*0\r\n" + "*-1\r\n"
            + "  set  \"a b\\n\\x41\" 'it\\'s'  \r\n" + "*2\r\n$4\r\nECHO\r\n$11\r\n*1\r\n$4\r\nPIN\r\n" + "get k\n")
            .utf8
    )

    private let expected: [[String]] = [
        ["SET", "k\r\n", ""], ["PING"], ["set", "a b\nA", "it's"], ["ECHO", "*1\r\n$4\r\nPIN"], ["get", "k"],
    ]

    @Test("A pipeline is understood the same wherever it is cut, once or at every byte")
    func everyCut() {
        let words = self.expected.map { $0.map { Array($0.utf8) } }
        for cut in 0...self.pipeline.count {
            let result = self.parse(self.pipeline, cutAt: [cut])
            #expect(result.failure == nil)
            #expect(result.commands == words, "cut at \(cut)")
        }
        #expect(self.parse(self.pipeline, cutAt: Array(1..<self.pipeline.count)).commands == words)
    }

    @Test(
        "What is not the protocol is refused in Redis's words",
        arguments: [
            ("*x\r\n", "Protocol error: invalid multibulk length"),
            ("*1048577\r\n", "Protocol error: invalid multibulk length"),
            ("*99999999999999999999\r\n", "Protocol error: invalid multibulk length"),
            ("*01\r\n", "Protocol error: invalid multibulk length"),
            ("*\r\n", "Protocol error: invalid multibulk length"),
            ("*1\r\nPING\r\n", "Protocol error: expected '$', got 'P'"),
            ("*1\r\n\r\n", "Protocol error: expected '$', got ' '"),
            ("*1\r\n$-1\r\n", "Protocol error: invalid bulk length"),
            ("*1\r\n$x\r\n", "Protocol error: invalid bulk length"),
            ("*1\r\n$536870913\r\n", "Protocol error: invalid bulk length"),
            ("*1\r\n$4294967296\r\n", "Protocol error: invalid bulk length"),
            ("set \"a\r\n", "Protocol error: unbalanced quotes in request"),
            ("set 'a\r\n", "Protocol error: unbalanced quotes in request"),
            ("set \"a\"b\r\n", "Protocol error: unbalanced quotes in request"),
        ]
    )
    func refused(input: String, message: String) {
        let result = self.parse(input)
        #expect(result.failure?.message == message)
        #expect(result.commands.isEmpty)
    }

    @Test("A line that never ends is refused once it is longer than 64 KiB")
    func endlessLine() {
        let line = [UInt8](repeating: 0x61, count: 64 * 1024 + 1)
        #expect(self.parse(line, cutAt: [10, 1000]).failure == .tooBigInlineRequest)
        #expect(self.parse(line + [0x0a], cutAt: []).failure == .tooBigInlineRequest)
        #expect(self.parse(Array(line.dropLast()) + [0x0a], cutAt: []).commands.count == 1)
    }

    @Test("A command of as many arguments as there may be is read, and its room given back")
    func manyArguments() {
        let count = 100_000
        let words = [[UInt8]](repeating: [0x61], count: count)
        let result = self.parse(Self.encode(words) + Array("PING\r\n".utf8), cutAt: [12, 5000, 300_000])
        #expect(result.commands.count == 2)
        #expect(result.commands.first?.count == count)
    }

    @Test("Random bytes and damaged commands never trap")
    func garbage() {
        var generator = SeededGenerator(seed: 11)
        let alphabet = Array("*$\r\n0123456789-abc \"'\\x".utf8) + [0, 255]
        for round in 0..<20_000 {
            var input: [UInt8]
            if round % 2 == 0 {
                let length = Int.random(in: 1...40, using: &generator)
                input = (0..<length).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &generator)] }
            } else {
                input = self.pipeline
                for _ in 0..<3 {
                    let byte = alphabet[Int.random(in: 0..<alphabet.count, using: &generator)]
                    input[Int.random(in: 0..<input.count, using: &generator)] = byte
                }
            }
            let cut = Int.random(in: 0...input.count, using: &generator)
            let whole = self.parse(input, cutAt: [])
            let parts = self.parse(input, cutAt: [cut])
            #expect(whole.commands == parts.commands)
            #expect(whole.failure == parts.failure)
        }
    }
}
