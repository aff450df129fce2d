// Coming back: the mutations of the log, in order, make the data again.

package import Keyspace
package import Primitives
import RESP

/// A record that cannot be replayed.
package struct ReplayError: Error, Sendable, CustomStringConvertible {
    package var lsn: LSN
    package var reason: String

    package var description: String { "record \(self.lsn) cannot be replayed: \(self.reason)" }
}

/// Applies logged mutations to a keyspace that nobody else uses yet.
package struct Replay: ~Copyable {
    private var parser = CommandParser()
    private let table: CommandTable
    private let scratch = Writer()
    package private(set) var records = 0

    package init(table: CommandTable) { self.table = table }

    /// Applies one mutation.
    /// - Parameter payload: its RESP array.
    package mutating func apply(_ payload: Bytes, lsn: LSN, to engine: inout Engine) throws(ReplayError) {
        guard case .command(let used) = self.parser.next(in: payload), used == payload.count,
            payload.first == UInt8(ascii: "*")
        else {
            throw ReplayError(lsn: lsn, reason: "its payload is not one RESP array, as the log of a shard has them")
        }
        defer { self.parser.advance() }
        try self.carryOut(self.parser.current, lsn: lsn, on: &engine)
    }

    /// Applies one mutation that has been parsed; what was logged here and what a primary sends is carried out alike.
    mutating func carryOut(_ command: Command, lsn: LSN, on engine: inout Engine) throws(ReplayError) {
        guard let index = self.table.index(of: command[0]),
            self.table.specs[index].accepts(argumentCount: command.count)
        else {
            throw ReplayError(
                lsn: lsn,
                reason: "this version does not know the command '\(command[0].text.prefix(64))'"
            )
        }
        engine.keyspace.execute(self.table.specs[index].id, command, self.scratch)
        let isRefused = self.scratch.bytes.first == UInt8(ascii: "-")
        let answer = isRefused ? self.scratch.bytes.text : ""
        self.scratch.removeAll()
        engine.keyspace.mutations.removeAll()
        guard !isRefused else {
            throw ReplayError(lsn: lsn, reason: answer.split(separator: "\r\n").first.map(String.init) ?? "")
        }
        self.records += 1
    }
}
