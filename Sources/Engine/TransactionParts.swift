// The mutations inside of one that a transaction became, found and checked before the first of them is applied.

package import Keyspace
import Primitives
package import RESP

/// Why a transaction cannot be applied; nothing of it was.
package enum TransactionError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The number of mutations, or the number of arguments of one of them, is none.
    case malformedNumber
    /// It ends in the middle of a mutation, or before the last one.
    case cutShort
    /// Something follows the last mutation.
    case tooLong
    case nested
    /// A command that this version does not know, or that takes other arguments.
    case unknownCommand(String)
    /// A command that does nothing to data.
    case notAMutation(String)

    package var description: String {
        switch self {
        case .malformedNumber: "a number in its transaction is none"
        case .cutShort: "its transaction has fewer mutations or arguments than it says"
        case .tooLong: "its transaction has more arguments than it says"
        case .nested: "its transaction has another one in it"
        case .unknownCommand(let name): "this version does not know the command '\(name)' of its transaction"
        case .notAMutation(let name): "the command '\(name)' of its transaction does not change data"
        }
    }
}

package enum TransactionParts {
    /// One mutation: the arguments that are its own.
    package struct Part {
        package var id: CommandID
        package var first: Int
        package var count: Int
    }

    /// - Parameter command: `MULTI <count> …`.
    package static func read(_ command: Command, _ table: CommandTable) throws(TransactionError) -> [Part] {
        guard command.count > 1, let announced = Decimal.read(command[1]), announced > 0 else {
            throw .malformedNumber
        }
        // Each mutation takes two arguments at least: a number out of nowhere reserves nothing.
        guard announced <= (command.count - 2) / 2 else { throw .cutShort }
        var parts: [Part] = []
        parts.reserveCapacity(Int(announced))
        var next = 2
        for _ in 0..<announced {
            guard next < command.count else { throw .cutShort }
            guard let count = Decimal.read(command[next]), count > 0 else { throw .malformedNumber }
            let first = next + 1
            guard count <= command.count - first else { throw .cutShort }
            parts.append(try self.part(command.part(from: first, count: Int(count)), first: first, table))
            next = first + Int(count)
        }
        guard next == command.count else { throw .tooLong }
        return parts
    }

    private static func part(_ inner: Command, first: Int, _ table: CommandTable) throws(TransactionError) -> Part {
        let name = String(inner[0].text.prefix(64))
        guard let index = table.index(of: inner[0]) else { throw .unknownCommand(name) }
        let spec = table.specs[index]
        guard spec.id != .multi else { throw .nested }
        guard spec.flags.contains(.write) else { throw .notAMutation(name) }
        guard spec.accepts(argumentCount: inner.count) else { throw .unknownCommand(name) }
        return Part(id: spec.id, first: first, count: inner.count)
    }
}
