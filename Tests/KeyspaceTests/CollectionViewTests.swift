// Views of collections: what a view shows is what was there when it was opened, whatever is written meanwhile.

import Primitives
import Testing

@testable import Keyspace

@Suite struct CollectionViewTests {
    private static func describe(_ entry: Entry) -> [String] {
        guard let collection = entry.collection else { return ["string", entry.value.text] }
        var words = ["\(collection.kind)", "\(entry.expiry ?? 0)"]
        _ = collection.visit(from: 0) {
            words.append("\($0.member.text)=\($0.value.text)/\($0.score)")
            return true
        }
        return words
    }

    private static func line(_ generator: inout SeededGenerator) -> String {
        func number(_ count: Int) -> Int { Int.random(in: 0..<count, using: &generator) }
        let key = number(8)
        let member = "member:\(number(400))"
        switch number(24) {
        case 0...3: return "RPUSH l:\(key) \(member) \(member) \(member)"
        case 4, 5: return "LPUSH l:\(key) \(member)"
        case 6: return "LPOP l:\(key)"
        case 7: return "LTRIM l:\(key) \(number(3)) -\(1 + number(20))"
        case 8: return "LMOVE l:\(key) l:\(number(8)) LEFT RIGHT"
        case 9...11: return "SADD s:\(key) \(member)"
        case 12: return "SPOP s:\(key) \(number(3))"
        case 13...15: return "HSET h:\(key) \(member) \(number(1000))"
        case 16: return "HDEL h:\(key) \(member)"
        case 17...19: return "ZADD z:\(key) \(number(50)) \(member)"
        case 20: return "ZREMRANGEBYRANK z:\(key) 0 \(number(4))"
        case 21: return number(6) == 0 ? "DEL l:\(key) s:\(key) h:\(key) z:\(key)" : "RENAME h:\(key) h:\(number(8))"
        case 22: return number(6) == 0 ? "FLUSHALL" : "COPY z:\(key) z:\(number(8)) REPLACE"
        default: return number(2) == 0 ? "PEXPIRE s:\(key) 100000" : "SET l:\(key) text"
        }
    }

    @Test("A view shows collections as they were when it was opened", arguments: 1...4)
    func pointInTime(seed: UInt64) {
        let session = Session(seed: seed)
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<8 {
            for _ in 0..<1500 { session.ask(Self.line(&generator)) }
            var expected: [String: [String]] = [:]
            session.keyspace.visit { expected[$0.key.text] = Self.describe($0) }
            guard let view = session.keyspace.openView() else {
                Issue.record("no view is free")
                return
            }
            var shown: [String: [String]] = [:]
            var isDone = false
            while !isDone {
                for _ in 0..<40 { session.ask(Self.line(&generator)) }
                var left = 3
                isDone = session.keyspace.walk(view) { entry in
                    #expect(shown.updateValue(Self.describe(entry), forKey: entry.key.text) == nil)
                    left -= 1
                    return left > 0
                }
            }
            session.keyspace.closeView(view)
            while session.releaseSlice() {}
            #expect(shown == expected)
        }
    }
}
