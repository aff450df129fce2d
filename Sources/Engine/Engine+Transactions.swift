// Several commands as one: nothing comes between them, because the shard is asked for nothing else until the end, and what
// they did is one mutation.

package import Keyspace
package import Primitives
package import RESP

extension Engine {
    package mutating func beginTransaction(now: Milliseconds) {
        self.keyspace.now = now
        self.transaction.removeAll()
    }

    /// Carries out a command of the transaction, as `execute`; what it did is numbered at the end. An error undoes nothing.
    package mutating func executeInTransaction(_ id: CommandID, _ command: Command, _ reply: Writer) {
        self.commandCount += 1
        self.keyspace.execute(id, command, reply)
        let mutations = self.keyspace.mutations
        for index in 0..<mutations.count { self.gather(mutations[index]) }
        if mutations.isVerbatim { self.gather(command.encoded) }
        mutations.removeAll()
    }

    /// Numbers what the transaction did; nothing when nothing changed.
    package mutating func endTransaction() {
        guard let mutation = self.transaction.mutation else { return }
        self.number(mutation)
        self.transaction.removeAll()
    }

    private mutating func gather(_ mutation: Bytes) {
        // More than any record takes: what there is goes first.
        if !self.transaction.hasRoom(for: mutation) { self.endTransaction() }
        self.transaction.append(mutation)
    }
}
