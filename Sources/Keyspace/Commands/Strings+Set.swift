// SET with all of its options. Source: https://redis.io/docs/latest/commands/set/

import Primitives
import RESP

/// The options of SET as they were parsed.
private struct SetOptions {
    enum Condition {
        case always
        case ifAbsent
        case ifPresent
    }
    enum Expiry {
        case none
        case keep
        case at(Milliseconds)
    }
    var condition = Condition.always
    var expiry = Expiry.none
    var returnsOld = false
}

extension Keyspace {
    mutating func set(_ command: Command, _ reply: Writer) {
        let key = command[1]
        let value = command[2]
        if command.count == 3 {
            self.store(key, value, expiry: nil, at: self.place(of: key))
            self.mutations.verbatim()
            return reply.ok()
        }
        guard let options = self.setOptions(command, reply) else { return }
        self.set(key, value, options, reply)
    }

    private mutating func set(_ key: Bytes, _ value: Bytes, _ options: SetOptions, _ reply: Writer) {
        let place = self.place(of: key)
        let old = place.entry
        let applies =
            switch options.condition {
            case .always: true
            case .ifAbsent: old == nil
            case .ifPresent: old != nil
            }
        // The old value is gone once the new one is stored, so its reply comes first.
        if options.returnsOld {
            if let old { reply.bulk(old.value) } else { reply.null() }
        } else if applies {
            reply.ok()
        } else {
            reply.null()
        }
        guard applies else { return }
        let expiry: Milliseconds? =
            switch options.expiry {
            case .none: nil
            case .keep: old?.expiry
            case .at(let time): time
            }
        if let expiry, expiry <= self.now {
            // An expiry in the past: the key ends at once.
            if place.slot != nil {
                self.remove(at: place)
                self.mutations.appendRemoval(of: key)
            }
            return
        }
        self.store(key, value, expiry: expiry, at: place)
        self.appendSet(key, value, expiry: expiry)
    }

    /// `SET key value [PXAT ms]`: a write that sets a value, whatever it was called.
    mutating func appendSet(_ key: Bytes, _ value: Bytes, expiry: Milliseconds?) {
        self.mutations.append(arguments: expiry == nil ? 3 : 5) {
            $0.bulk("SET")
            $0.bulk(key)
            $0.bulk(value)
            guard let expiry else { return }
            $0.bulk("PXAT")
            $0.bulk(decimal: expiry)
        }
    }

    /// Reads the options; answers with an error and returns nil when they make no sense.
    private func setOptions(_ command: Command, _ reply: Writer) -> SetOptions? {
        var options = SetOptions()
        var hasExpiry = false
        var index = 3
        while index < command.count {
            let word = command[index]
            index += 1
            if word.equalsIgnoringCase("NX"), options.condition != .ifPresent {
                options.condition = .ifAbsent
            } else if word.equalsIgnoringCase("XX"), options.condition != .ifAbsent {
                options.condition = .ifPresent
            } else if word.equalsIgnoringCase("GET") {
                options.returnsOld = true
            } else if word.equalsIgnoringCase("KEEPTTL"), !hasExpiry {
                options.expiry = .keep
                hasExpiry = true
            } else if let unit = ExpiryUnit(option: word), !hasExpiry, index < command.count {
                guard let time = self.expiry(command[index], unit, for: "set", reply) else { return nil }
                options.expiry = .at(time)
                hasExpiry = true
                index += 1
            } else {
                reply.error(CommandError.syntax)
                return nil
            }
        }
        return options
    }
}
