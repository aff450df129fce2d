// How a client may say when a key ends: in seconds or milliseconds, from now or since 1970.

import Primitives
import RESP

struct ExpiryUnit: Equatable {
    let isSeconds: Bool
    let isRelative: Bool

    static let secondsFromNow = ExpiryUnit(isSeconds: true, isRelative: true)
    static let millisecondsFromNow = ExpiryUnit(isSeconds: false, isRelative: true)
    static let unixSeconds = ExpiryUnit(isSeconds: true, isRelative: false)
    static let unixMilliseconds = ExpiryUnit(isSeconds: false, isRelative: false)

    private init(isSeconds: Bool, isRelative: Bool) {
        self.isSeconds = isSeconds
        self.isRelative = isRelative
    }

    /// EX, PX, EXAT or PXAT.
    init?(option: Bytes) {
        if option.equalsIgnoringCase("EX") {
            self = .secondsFromNow
        } else if option.equalsIgnoringCase("PX") {
            self = .millisecondsFromNow
        } else if option.equalsIgnoringCase("EXAT") {
            self = .unixSeconds
        } else if option.equalsIgnoringCase("PXAT") {
            self = .unixMilliseconds
        } else {
            return nil
        }
    }

    /// The absolute time in milliseconds; nil when it does not fit.
    func absolute(_ value: Int64, now: Milliseconds) -> Milliseconds? {
        let (scaled, overflow) = value.multipliedReportingOverflow(by: self.isSeconds ? 1000 : 1)
        let (time, carry) = scaled.addingReportingOverflow(self.isRelative ? now : 0)
        return overflow || carry ? nil : time
    }
}

extension Keyspace {
    /// Reads an expiry that must be positive; answers with an error and returns nil otherwise.
    func expiry(_ argument: Bytes, _ unit: ExpiryUnit, for name: String, _ reply: Writer) -> Milliseconds? {
        guard let value = Decimal.read(argument) else {
            reply.error(CommandError.notAnInteger)
            return nil
        }
        guard value > 0, let time = unit.absolute(value, now: self.now) else {
            reply.error(CommandError.invalidExpire(in: name))
            return nil
        }
        return time
    }
}
