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
        let found = self.table.index(of: command[0])
        if let found, self.table.specs[found].id == .multi, command.count > 1 {
            return try self.applyTransaction(command, lsn: lsn, to: &engine)
        }
        // What a leader begins with: it changes nothing.
        if let found, self.table.specs[found].id == .ping {
            self.records += 1
            return
        }
        guard let index = found, self.table.specs[index].accepts(argumentCount: command.count) else {
            throw ReplayError(
                lsn: lsn,
                reason: "this version does not know the command '\(command[0].text.prefix(64))'"
            )
        }
        if let answer = self.refusal(self.table.specs[index].id, command, by: &engine) {
            throw ReplayError(lsn: lsn, reason: answer)
        }
        self.records += 1
    }

    /// A transaction is understood as a whole before the first of its mutations is applied.
    private mutating func applyTransaction(
        _ command: Command,
        lsn: LSN,
        to engine: inout Engine
    ) throws(ReplayError) {
        let parts: [TransactionParts.Part]
        do throws(TransactionError) {
            parts = try TransactionParts.read(command, self.table)
        } catch {
            throw ReplayError(lsn: lsn, reason: error.description)
        }
        for (index, part) in parts.enumerated() {
            let inner = command.part(from: part.first, count: part.count)
            guard let answer = self.refusal(part.id, inner, by: &engine) else { continue }
            throw ReplayError(lsn: lsn, reason: "mutation \(index + 1) of its transaction: \(answer)")
        }
        self.records += 1
    }

    /// Carries out a mutation.
    /// - Returns: the error that it was answered with; nil when it was not.
    private func refusal(_ id: CommandID, _ command: Command, by engine: inout Engine) -> String? {
        engine.keyspace.execute(id, command, self.scratch)
        let isRefused = self.scratch.bytes.first == UInt8(ascii: "-")
        let answer = isRefused ? self.scratch.bytes.text : ""
        self.scratch.removeAll()
        engine.keyspace.mutations.removeAll()
        return isRefused ? answer.split(separator: "\r\n").first.map(String.init) ?? "" : nil
    }
}
