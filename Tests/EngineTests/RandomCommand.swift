import Primitives

/// Commands over few keys and many ways to change them, so that they often meet.
enum RandomCommand {
    static func next(using generator: inout SeededGenerator, now: Milliseconds) -> [String] {
        func number(_ range: ClosedRange<Int>) -> String { String(Int.random(in: range, using: &generator)) }
        func key() -> String { "key:" + number(0...15) }
        func value() -> String {
            Bool.random(using: &generator) ? number(-50...50) : String(repeating: "v", count: Int(number(0...200)) ?? 0)
        }
        func lifetime() -> [String] {
            switch Int.random(in: 0..<6, using: &generator) {
            case 0: ["PX", number(1...300)]
            case 1: ["PXAT", String(now + Milliseconds.random(in: -10...300, using: &generator))]
            case 2: ["KEEPTTL"]
            case 3: ["EX", number(1...2)]
            default: []
            }
        }
        let condition = [[], [], ["NX"], ["XX"], ["GET"]].randomElement(using: &generator) ?? []
        let bound = [[], ["NX"], ["XX"], ["GT"], ["LT"]].randomElement(using: &generator) ?? []
        switch Int.random(in: 0..<24, using: &generator) {
        case 0...4: return ["SET", key(), value()] + condition + lifetime()
        case 5: return ["DEL", key(), key()]
        case 6: return ["APPEND", key(), value()]
        case 7: return ["INCRBY", key(), number(-9...9)]
        case 8: return ["INCRBYFLOAT", key(), "0." + number(1...99)]
        case 9: return ["SETRANGE", key(), number(0...50), value()]
        case 10: return ["PEXPIRE", key(), number(-5...400)] + bound
        case 11:
            return ["PEXPIREAT", key(), String(now + Milliseconds.random(in: -20...400, using: &generator))] + bound
        case 12: return ["EXPIRE", key(), number(0...1)] + bound
        case 13: return ["PERSIST", key()]
        case 14: return ["GETEX", key()] + lifetime().filter { $0 != "KEEPTTL" }
        case 15: return ["GETDEL", key()]
        case 16: return ["GETSET", key(), value()]
        case 17: return ["MSET", key(), value(), key(), value()]
        case 18: return ["MSETNX", key(), value(), key(), value()]
        case 19: return ["RENAME", key(), key()]
        case 20: return ["RENAMENX", key(), key()]
        case 21: return ["COPY", key(), key(), "REPLACE"]
        case 22: return ["GET", key()]
        default: return ["PSETEX", key(), number(1...200), value()]
        }
    }
}
