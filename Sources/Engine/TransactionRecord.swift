// What a transaction did, as one mutation, so that it is numbered, logged, sent and applied whole:
//
//     MULTI <count> <argc> <arg> … <argc> <arg> …
//
// a flat array of bulk strings, the mutations one after the other, each behind the number of its arguments.

import Primitives
import RESP
import ReplicationLog

/// Gathers the mutations of a transaction. Used again for every transaction.
final class TransactionRecord {
    static let name: StaticString = "MULTI"
    private let body = Writer()
    private let whole = Writer()
    private var count = 0
    /// Arguments in the body, with the number before each mutation.
    private var arguments = 0
    /// Arguments of the first mutation, and where they begin in the body.
    private var first = (arguments: 0, start: 0)

    /// What name and count add to the body: two arguments, and less than a hundred bytes.
    private static let envelopeArguments = 2
    private static let envelopeBytes = 128

    /// Whether a mutation still goes into a record that can be logged and parsed. Clients' transactions are limited to half
    /// of that; only what replicates as much more than was asked for can get here.
    func hasRoom(for mutation: Bytes) -> Bool {
        let (arguments, _) = Self.header(of: mutation)
        return self.arguments + arguments + 1 + Self.envelopeArguments <= Limits.argumentCount
            && self.body.count + mutation.count + Self.envelopeBytes <= LogRecord.longestPayload
    }

    /// - Parameter mutation: an array of bulk strings.
    func append(_ mutation: Bytes) {
        let (arguments, start) = Self.header(of: mutation)
        self.body.bulk(decimal: Int64(arguments))
        if self.count == 0 { self.first = (arguments, self.body.count) }
        self.body.raw(Bytes(rebasing: mutation[start...]))
        self.count += 1
        self.arguments += arguments + 1
    }

    /// Everything gathered as one mutation, valid until the next call; nil when nothing was. A single one stays as it was.
    var mutation: Bytes? {
        guard self.count > 0 else { return nil }
        self.whole.removeAll()
        if self.count == 1 {
            self.whole.array(self.first.arguments)
            self.whole.raw(Bytes(rebasing: self.body.bytes[self.first.start...]))
        } else {
            self.whole.array(Self.envelopeArguments + self.arguments)
            self.whole.bulk(Self.name)
            self.whole.bulk(decimal: Int64(self.count))
            self.whole.raw(self.body.bytes)
        }
        return self.whole.bytes
    }

    func removeAll() {
        self.body.removeAll()
        self.count = 0
        self.arguments = 0
    }

    /// How many arguments a mutation has, and where the first of them begins.
    private static func header(of mutation: Bytes) -> (arguments: Int, start: Int) {
        let digits = mutation.dropFirst().prefix { $0 != UInt8(ascii: "\r") }
        guard mutation.first == UInt8(ascii: "*"), let count = Decimal.read(Bytes(rebasing: digits)) else {
            preconditionFailure("a mutation is an array of bulk strings")
        }
        return (Int(count), 1 + digits.count + 2)
    }
}
