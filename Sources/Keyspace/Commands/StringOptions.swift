// The options that SET and GETEX share. Source: https://redis.io/docs/latest/commands/set/ and …/getex/; which of them may
// stand together was taken from the server's answers.

import Primitives
import RESP

struct StringOptions {
    enum Form {
        case set
        case getex
    }
    enum Condition {
        case always
        case ifAbsent
        case ifPresent
    }
    enum Lifetime {
        /// SET: no expiry. GETEX: whatever it was.
        case unstated
        case keep
        case persist
        /// The argument is read when the whole command has been understood: a syntax error goes first.
        case until(ExpiryUnit, argument: Int)
    }

    var condition = Condition.always
    var lifetime = Lifetime.unstated
    var returnsOld = false

    /// Reads the options from an argument on; nil when they make no sense.
    init?(_ command: Command, from start: Int, _ form: Form) {
        var index = start
        while index < command.count {
            let word = command[index]
            index += 1
            if let unit = ExpiryUnit(option: word), index < command.count, self.allows(unit) {
                self.lifetime = .until(unit, argument: index)
                index += 1
            } else if form == .set ? !self.readForSet(word) : !self.readForGetex(word) {
                return nil
            }
        }
    }

    private mutating func readForSet(_ word: Bytes) -> Bool {
        if word.equalsIgnoringCase("NX"), self.condition != .ifPresent {
            self.condition = .ifAbsent
        } else if word.equalsIgnoringCase("XX"), self.condition != .ifAbsent {
            self.condition = .ifPresent
        } else if word.equalsIgnoringCase("GET") {
            self.returnsOld = true
        } else if word.equalsIgnoringCase("KEEPTTL"), !self.hasTime {
            self.lifetime = .keep
        } else {
            return false
        }
        return true
    }

    private mutating func readForGetex(_ word: Bytes) -> Bool {
        guard word.equalsIgnoringCase("PERSIST"), !self.hasTime else { return false }
        self.lifetime = .persist
        return true
    }

    private var hasTime: Bool {
        if case .until = self.lifetime { true } else { false }
    }

    /// The same unit may be given again; the last one counts, as in Redis.
    private func allows(_ unit: ExpiryUnit) -> Bool {
        switch self.lifetime {
        case .unstated: true
        case .until(let earlier, _): earlier == unit
        case .keep, .persist: false
        }
    }
}
