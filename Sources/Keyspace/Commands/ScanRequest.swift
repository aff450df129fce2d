// The arguments of SCAN. Source: https://redis.io/docs/latest/commands/scan/

import Primitives
package import RESP

/// What a SCAN asks for. Borrows the command's bytes.
package struct ScanRequest {
    /// The client's number; see `ScanCursor`.
    package var number: UInt64 = 0
    /// About how many keys to look at.
    package var count = 10
    var glob: Glob?
    /// The type to return alone; `nothing` for one that there is not.
    var kind = KindFilter.any

    enum KindFilter: Equatable {
        case any
        case one(ValueKind)
        case nothing
    }

    /// Reads the arguments; answers with an error and returns nil when they make no sense.
    package init?(_ command: Command, _ reply: Writer) {
        guard let number = Self.cursor(command[1]) else {
            reply.error(CommandError.invalidCursor)
            return nil
        }
        self.number = number
        guard self.readOptions(command, from: 2, ofMembers: false, reply) else { return nil }
    }

    /// Reads the options of HSCAN, SSCAN and ZSCAN, which stand behind a key and a cursor.
    init?(membersOf command: Command, _ reply: Writer) {
        guard self.readOptions(command, from: 3, ofMembers: true, reply) else { return nil }
    }

    private mutating func readOptions(
        _ command: Command,
        from start: Int,
        ofMembers isOfMembers: Bool,
        _ reply: Writer
    ) -> Bool {
        for index in stride(from: start, to: command.count, by: 2) {
            guard index + 1 < command.count, !isOfMembers || !command[index].equalsIgnoringCase("TYPE"),
                let error = self.read(command[index], command[index + 1])
            else {
                reply.error(CommandError.syntax)
                return false
            }
            if case .failed(let message) = error {
                reply.error(message)
                return false
            }
        }
        return true
    }

    private enum Option {
        case read
        case failed(String)
    }

    /// Whether the type was asked for.
    func wants(_ entry: Entry) -> Bool {
        switch self.kind {
        case .any: true
        case .one(let kind): entry.kind == kind
        case .nothing: false
        }
    }

    /// Nil for an option that there is not.
    private mutating func read(_ name: Bytes, _ value: Bytes) -> Option? {
        if name.equalsIgnoringCase("COUNT") {
            guard let count = Decimal.read(value) else { return .failed(CommandError.notAnInteger) }
            guard count >= 1 else { return .failed(CommandError.syntax) }
            self.count = Int(count)
        } else if name.equalsIgnoringCase("MATCH") {
            let glob = Glob(value)
            self.glob = glob.matchesAll ? nil : glob
        } else if name.equalsIgnoringCase("TYPE") {
            let kind = ValueKind.allCases.first { value.equalsIgnoringCase($0.name) }
            self.kind = kind.map { .one($0) } ?? .nothing
        } else {
            return nil
        }
        return .read
    }

    /// As lenient as C's `strtoul`, with which Redis reads a cursor: a sign, leading zeros, nothing at all for 0.
    static func cursor(_ bytes: Bytes) -> UInt64? {
        let isNegative = bytes.first == UInt8(ascii: "-")
        let isSigned = isNegative || bytes.first == UInt8(ascii: "+")
        guard !isSigned || bytes.count > 1 else { return nil }
        var value: UInt64 = 0
        for byte in bytes.dropFirst(isSigned ? 1 : 0) {
            let digit = byte &- UInt8(ascii: "0")
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(UInt64(digit))
            guard digit <= 9, !overflow, !carry else { return nil }
            value = sum
        }
        return isNegative ? 0 &- value : value
    }
}
