// How a client may say when a key ends: in seconds or milliseconds, from now or since 1970.

import Primitives
import RESP

struct ExpiryUnit {
    let isSeconds: Bool
    let isRelative: Bool

    init(isSeconds: Bool, isRelative: Bool) {
        self.isSeconds = isSeconds
        self.isRelative = isRelative
    }

    /// EX, PX, EXAT or PXAT.
    init?(option: Bytes) {
        if option.equalsIgnoringCase("EX") {
            self.init(isSeconds: true, isRelative: true)
        } else if option.equalsIgnoringCase("PX") {
            self.init(isSeconds: false, isRelative: true)
        } else if option.equalsIgnoringCase("EXAT") {
            self.init(isSeconds: true, isRelative: false)
        } else if option.equalsIgnoringCase("PXAT") {
            self.init(isSeconds: false, isRelative: false)
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
