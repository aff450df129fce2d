// Compares the data of two servers key by key, where they give no digest: Redis and Valkey do so only to whoever may call
// DEBUG, which a server in its usual configuration refuses to everybody.
//
// The keys come from SCAN of one side, in the order of their hashes, and no more than `keyLimit` of them; the values are
// compared as DUMP serialises them. Two servers may serialise one collection in two ways, so that where these differ, what is
// in the collections is compared.

struct KeyWalk {
    /// More keys are not looked at: a walk must not take longer than what it verifies.
    static let keyLimit = 250_000
    /// Keys of one SCAN and of one volley of questions.
    private static let batch = 512
    /// Differences told by name; more of them say nothing new.
    private static let differenceLimit = 4

    private let one: ControlConnection
    private let other: ControlConnection
    private(set) var compared = 0
    private(set) var differences: [String] = []

    init(_ one: ControlConnection, _ other: ControlConnection) {
        self.one = one
        self.other = other
    }

    /// Walks through both, which must rest.
    mutating func run() throws(HarnessError) {
        let (count, theirs) = (try self.one.ask("DBSIZE").number, try self.other.ask("DBSIZE").number)
        guard let count, count == theirs else {
            self.differences.append("one side has \(count ?? -1) keys and the other \(theirs ?? -1)")
            return
        }
        var cursor = Array("0".utf8)
        repeat {
            let scan = [Array("SCAN".utf8), cursor, Array("COUNT".utf8), Array(String(Self.batch).utf8)]
            let answer = try self.one.exchange(CommandEncoder.bytes(scan), answers: 1)
            guard let parts = try ReplySpan.elements(answer.bytes, from: 0), parts.count == 2,
                let keys = try ReplySpan.elements(answer.bytes, from: parts[1].startIndex)
            else { throw Self.refused("SCAN", answer.bytes) }
            cursor = Array(ReplySpan.payload(parts[0]))
            try self.compare(keys.map { Array(ReplySpan.payload($0)) })
        } while cursor != Array("0".utf8) && self.compared < Self.keyLimit
            && self.differences.count < Self.differenceLimit
    }

    private mutating func compare(_ keys: [[UInt8]]) throws(HarnessError) {
        guard !keys.isEmpty else { return }
        let questions = keys.flatMap { CommandEncoder.bytes([Array("DUMP".utf8), $0]) }
        let (mine, theirs) = (
            try self.one.exchange(questions, answers: keys.count),
            try self.other.exchange(questions, answers: keys.count)
        )
        self.compared += keys.count
        if mine.bytes.first == UInt8(ascii: "-") { throw Self.refused("DUMP", mine.bytes) }
        guard mine.bytes != theirs.bytes else { return }
        for (place, key) in keys.enumerated() where mine[place] != theirs[place] {
            guard self.differences.count < Self.differenceLimit else { return }
            let contents = (try Self.content(key, self.one), try Self.content(key, self.other))
            if contents.0 != contents.1 {
                self.differences.append("the key \(String(decoding: key.prefix(64), as: UTF8.self)) differs")
            }
        }
    }

    /// What is in a key, in an order that does not hang on how the server keeps it.
    private static func content(_ key: [UInt8], _ server: ControlConnection) throws(HarnessError) -> [[UInt8]] {
        let type = try server.exchange(CommandEncoder.bytes([Array("TYPE".utf8), key]), answers: 1)
        let name = String(decoding: type.bytes.dropFirst().dropLast(2), as: UTF8.self)
        guard let question = self.questions[name] else { return [type.bytes] }
        let words = [Array(question.command.utf8), key] + question.rest.map { Array($0.utf8) }
        let answer = try server.exchange(CommandEncoder.bytes(words), answers: 1)
        guard let elements = try ReplySpan.elements(answer.bytes, from: 0) else { return [type.bytes, answer.bytes] }
        let size = question.group
        var groups = stride(from: 0, to: elements.count, by: size).map { at in
            elements[at..<min(at + size, elements.count)].flatMap(Array.init)
        }
        if question.isUnordered { groups.sort { $0.lexicographicallyPrecedes($1) } }
        return [type.bytes] + groups
    }

    private struct Question {
        var command: String
        var rest: [String] = []
        /// Elements of the answer that belong together.
        var group = 1
        var isUnordered = false
    }

    private static let questions: [String: Question] = [
        "string": Question(command: "GET"),
        "list": Question(command: "LRANGE", rest: ["0", "-1"]),
        "hash": Question(command: "HGETALL", group: 2, isUnordered: true),
        "set": Question(command: "SMEMBERS", isUnordered: true),
        "zset": Question(command: "ZRANGE", rest: ["0", "-1", "WITHSCORES"], group: 2),
        "stream": Question(command: "XRANGE", rest: ["-", "+"]),
    ]

    private static func refused(_ command: String, _ answer: [UInt8]) -> HarnessError {
        let text = String(decoding: answer.prefix(128), as: UTF8.self)
        return HarnessError(.targetFailed, "data cannot be compared, \(command) is answered with \(text)")
    }
}
