// What is known about a command before it runs: how many arguments it takes, which of them are keys, who carries it out,
// and what Redis's `COMMAND` says about it. Numbers and flags are those of Redis 7.0.

import Primitives
package import RESP

/// Facts about one command.
package struct CommandSpec: Sendable {
    /// In the order in which Redis lists them.
    package struct Flags: OptionSet, Sendable {
        package let rawValue: UInt16
        package init(rawValue: UInt16) { self.rawValue = rawValue }

        /// May change data: refused on a replica.
        package static let write = Flags(rawValue: 1)
        package static let readonly = Flags(rawValue: 2)
        /// May be refused when memory is short.
        package static let denyOOM = Flags(rawValue: 4)
        package static let admin = Flags(rawValue: 8)
        package static let noScript = Flags(rawValue: 16)
        package static let loading = Flags(rawValue: 32)
        package static let stale = Flags(rawValue: 64)
        package static let fast = Flags(rawValue: 128)
        package static let noAuth = Flags(rawValue: 256)
        package static let allowBusy = Flags(rawValue: 512)
        /// Which arguments are keys depends on another argument.
        package static let movableKeys = Flags(rawValue: 1024)
        /// What it carries out is told one by one.
        package static let skipSlowlog = Flags(rawValue: 2048)
        package static let noAsyncLoading = Flags(rawValue: 4096)
        /// Refused inside a transaction.
        package static let noMulti = Flags(rawValue: 8192)
    }

    /// Redis's ACL categories, as far as a command here belongs to one; in Redis's order.
    package struct Categories: OptionSet, Sendable {
        package let rawValue: UInt16
        package init(rawValue: UInt16) { self.rawValue = rawValue }

        package static let keyspace = Categories(rawValue: 1)
        package static let read = Categories(rawValue: 2)
        package static let write = Categories(rawValue: 4)
        package static let string = Categories(rawValue: 8)
        package static let admin = Categories(rawValue: 16)
        package static let fast = Categories(rawValue: 32)
        package static let slow = Categories(rawValue: 64)
        package static let dangerous = Categories(rawValue: 128)
        package static let connection = Categories(rawValue: 256)
        package static let hash = Categories(rawValue: 512)
        package static let list = Categories(rawValue: 1024)
        package static let set = Categories(rawValue: 2048)
        package static let sortedSet = Categories(rawValue: 4096)
        package static let transaction = Categories(rawValue: 8192)
    }

    /// Who carries a command out.
    package enum Scope: Sendable {
        /// The shard that owns the keys.
        case keyspace
        /// All shards, each its part; the replies are joined.
        case allShards
        /// The connection that sent it.
        case connection
    }

    /// Which arguments are keys: the first, the last (negative: from the end), and the step between two; 0 0 0 for none.
    package struct Keys: Sendable {
        package var first: Int
        package var last: Int
        package var step: Int

        static let none = Keys(first: 0, last: 0, step: 0)
        static let one = Keys(first: 1, last: 1, step: 1)
        static let two = Keys(first: 1, last: 2, step: 1)
        static let all = Keys(first: 1, last: -1, step: 1)
        /// Every other argument: key value key value …
        static let pairs = Keys(first: 1, last: -1, step: 2)
    }

    /// Which commands a shard takes the time of.
    package struct Timing: OptionSet, Sendable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }

        /// Those that can take long by themselves: what Redis does not call fast, but for SET.
        package static let slow = Timing(rawValue: 1)
        /// All.
        package static let every = Timing(rawValue: 2)
    }

    package var name: StaticString
    package var id: CommandID
    /// Arguments with the name; negative: at least so many.
    package var arity: Int
    package var flags: Flags
    package var categories: Categories
    package var scope: Scope
    package var keys: Keys
    /// For whom it is timed, each a bit of `Timing`: one look at the path of a command tells.
    package var timing: Timing
    /// For `COMMAND DOCS`: group, the version of Redis that has had it first, and one line.
    package var group: StaticString
    package var since: StaticString
    package var summary: StaticString

    package var firstKey: Int { self.keys.first }
    package var lastKey: Int { self.keys.last }
    package var keyStep: Int { self.keys.step }

    /// Whether a command with so many arguments is well-formed.
    package func accepts(argumentCount: Int) -> Bool {
        self.arity >= 0 ? argumentCount == self.arity : argumentCount >= -self.arity
    }

    /// The indices of the arguments that are keys. None where the command says how many there are, and says it wrong.
    package func keyIndices(of command: Command) -> StrideTo<Int> {
        guard self.flags.contains(.movableKeys) else { return self.keyIndices(argumentCount: command.count) }
        return command.count > 1
            ? Self.countedKeys(command[1], argumentCount: command.count) : stride(from: 0, to: 0, by: 1)
    }

    /// All commands here whose keys move have the number of keys in front of them.
    static func countedKeys(_ number: Bytes, argumentCount: Int) -> StrideTo<Int> {
        guard let count = Decimal.read(number), count >= 1, count <= argumentCount - 2 else {
            return stride(from: 0, to: 0, by: 1)
        }
        return stride(from: 2, to: 2 + Int(count), by: 1)
    }

    /// The indices of the arguments that are keys, in a command with so many arguments that does not say itself.
    package func keyIndices(argumentCount: Int) -> StrideTo<Int> {
        guard self.keys.first > 0 else { return stride(from: 0, to: 0, by: 1) }
        let last = self.keys.last < 0 ? argumentCount + self.keys.last : self.keys.last
        return stride(from: self.keys.first, to: min(last + 1, argumentCount), by: self.keys.step)
    }
}

extension CommandSpec {
    /// Every command.
    static let all: [CommandSpec] =
        Self.connection + Self.server + Self.replication + Self.group + Self.transactions + Self.strings + Self.generic
        + Self.hashes + Self.lists + Self.sets + Self.sortedSets

    /// A command whose categories follow from its flags, but for those that are given.
    init(
        _ name: StaticString,
        _ id: CommandID,
        arity: Int,
        _ flags: Flags,
        _ extra: Categories,
        _ scope: Scope,
        _ keys: Keys,
        group: StaticString,
        since: StaticString,
        _ summary: StaticString
    ) {
        var categories = extra.union(flags.contains(.fast) ? .fast : .slow)
        if flags.contains(.write) { categories.insert(.write) }
        if flags.contains(.readonly) { categories.insert(.read) }
        if flags.contains(.admin) { categories.formUnion([.admin, .dangerous]) }
        self.init(
            name: name,
            id: id,
            arity: arity,
            flags: flags,
            categories: categories,
            scope: scope,
            keys: keys,
            timing: flags.contains(.fast) || id == .set ? .every : [.slow, .every],
            group: group,
            since: since,
            summary: summary
        )
    }
}
