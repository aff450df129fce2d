// SLOWLOG: the commands that took longest lately. Source: https://redis.io/docs/latest/commands/slowlog-get/

import DequeModule
import Keyspace
import NIOCore
import Primitives
import RESP
import Synchronization

/// A command that took long, without its client.
struct SlowCommand: Sendable {
    /// Unix time of its end, in seconds.
    var time: Int64
    var microseconds: Int64
    /// As many as are remembered, shortened.
    var arguments: [[UInt8]]

    /// As in Redis: of more arguments and of longer ones, only how much is left out.
    private static let mostArguments = 32
    private static let longestArgument = 128

    init(_ command: Command, microseconds: Int64) {
        self.time = WallClock.microseconds / 1_000_000
        self.microseconds = microseconds
        self.arguments = Self.excerpt(command)
    }

    static func excerpt(_ command: Command) -> [[UInt8]] {
        let isCut = command.count > Self.mostArguments
        let shown = isCut ? Self.mostArguments - 1 : command.count
        var arguments = (0..<shown).map { index in
            let argument = command[index]
            let left = argument.count - Self.longestArgument
            guard left > 0 else { return Array(argument) }
            return Array(argument.prefix(Self.longestArgument)) + Array("... (\(left) more bytes)".utf8)
        }
        if isCut { arguments.append(Array("... (\(command.count - shown) more arguments)".utf8)) }
        return arguments
    }
}

/// The last slow commands of a node.
struct Slowlog: Sendable {
    struct Entry: Sendable {
        var id: Int64
        var command: SlowCommand
        var address: String
        var name: String
    }

    /// The newest first.
    private(set) var entries: Deque<Entry> = []
    private var nextID: Int64 = 0

    mutating func add(_ command: SlowCommand, address: String, name: String, limit: Int) {
        self.entries.prepend(Entry(id: self.nextID, command: command, address: address, name: name))
        self.nextID += 1
        if self.entries.count > limit { self.entries.removeLast(self.entries.count - limit) }
    }

    mutating func removeAll() { self.entries = [] }
}

extension ClientConnection {
    func slowlog(_ command: Command, _ writer: Writer) {
        let word = command[1]
        if word.equalsIgnoringCase("GET") {
            self.slowlogGet(command, writer)
        } else if word.equalsIgnoringCase("LEN") {
            guard command.count == 2 else { return self.refuse(CommandError.wrongArity("slowlog|len"), writer) }
            writer.integer(self.shard.node.slowlog.withLock { $0.entries.count })
        } else if word.equalsIgnoringCase("RESET") {
            guard command.count == 2 else { return self.refuse(CommandError.wrongArity("slowlog|reset"), writer) }
            self.shard.node.slowlog.withLock { $0.removeAll() }
            writer.ok()
        } else if word.equalsIgnoringCase("HELP"), command.count == 2 {
            let lines: [StaticString] = [
                "SLOWLOG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
                "GET [<count>] -- The last slow commands (default: 10; -1: all): id, time, microseconds, arguments, client.",
                "LEN -- How many there are.",
                "RESET -- Forgets them.",
            ]
            writer.array(lines.count)
            for line in lines { writer.simple(line) }
        } else {
            self.refuseQuoting(CommandError.unknownSubcommand(command), writer)
        }
    }

    private func slowlogGet(_ command: Command, _ writer: Writer) {
        guard command.count <= 3 else { return self.refuse(CommandError.wrongArity("slowlog|get"), writer) }
        var count = 10
        if command.count == 3 {
            guard let number = Decimal.read(command[2]), number >= -1 else {
                return self.refuse("ERR count should be greater than or equal to -1", writer)
            }
            count = number == -1 ? .max : Int(number)
        }
        let entries = self.shard.node.slowlog.withLock { Array($0.entries.prefix(count)) }
        writer.array(entries.count)
        for entry in entries {
            writer.array(6)
            writer.integer(entry.id)
            writer.integer(entry.command.time)
            writer.integer(entry.command.microseconds)
            writer.array(entry.command.arguments.count)
            for argument in entry.command.arguments { argument.withUnsafeBytes { writer.bulk($0) } }
            writer.bulk(entry.address)
            writer.bulk(entry.name)
        }
    }

    func refuseQuoting(_ message: [UInt8], _ writer: Writer) {
        self.shard.statistics.errors += 1
        writer.error(message)
    }

    /// Carries out a command with an eye on the clock.
    func executeTimed(_ index: Int, _ command: Command, _ writer: Writer) -> Bool {
        if !self.isAlone, self.shard.node.table.specs[index].scope != .keyspace {
            // All shards may have to be asked, and the command is gone when they have answered.
            self.askedCommand = SlowCommand(command, microseconds: 0)
        }
        let (isDone, microseconds) = CommandTiming.measure { self.carryOut(index, command, writer) }
        self.askedCommand = nil
        // What went to other shards is timed there.
        if isDone, self.batch.isEmpty, !self.isAwaiting, microseconds >= self.shard.timing.threshold,
            !self.shard.node.table.specs[index].flags.contains(.skipSlowlog)
        {
            self.noteSlow(SlowCommand(command, microseconds: microseconds))
        }
        return isDone
    }

    /// Commands that were carried out together have taken long.
    /// - Parameter command: nil if they were several.
    func gatheredTookLong(_ microseconds: Int64, _ command: Command?) {
        defer { self.shard.timing.hasNoted = false }
        guard !self.shard.timing.hasNoted else { return }
        guard let command else { return self.shard.timing.lookClosely() }
        let table = self.shard.node.table
        guard let index = table.index(of: command[0]), !self.shard.timing.isTimed(table.specs[index].timing) else {
            return
        }
        self.noteSlow(SlowCommand(command, microseconds: microseconds))
    }

    /// Remembers a command of this connection that took long.
    func noteSlow(_ command: SlowCommand) {
        self.shard.timing.hasNoted = true
        let node = self.shard.node
        let limit = node.settings.withLock { $0.slowlogLength }
        node.slowlog.withLock {
            $0.add(command, address: self.address, name: self.session.name, limit: limit)
        }
    }
}
