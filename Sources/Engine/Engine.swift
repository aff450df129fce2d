// One shard as one value: its data, its stream, and the order between them. A command goes through the keyspace, what it
// did is numbered and enters the backlog, and only then does its reply leave; links are served once per turn. The shell
// (or a simulator) brings events and time, and carries out what comes back; it cannot get the order wrong, because a reply
// that it holds belongs to mutations that have their numbers already.

package import Keyspace
package import Primitives
package import RESP
package import Replication

package struct Engine: ~Copyable {
    package var keyspace: Keyspace
    package var stream: Stream
    package private(set) var commandCount = 0

    /// - Parameters:
    ///   - seed: secret; of the key hash and of random choices.
    ///   - history: of a stream that begins at position 0.
    package init(
        seed: UInt64,
        history: History,
        options: StreamOptions = StreamOptions(),
        events: BackgroundEvents = BackgroundEvents()
    ) {
        self.keyspace = Keyspace(seed: seed, events: events)
        self.stream = Stream(history: history, options: options, events: events)
    }

    /// Carries out a keyspace command whose arity has been checked: appends one reply, and numbers what it did.
    package mutating func execute(_ id: CommandID, _ command: Command, now: Milliseconds, _ reply: Writer) {
        self.keyspace.now = now
        self.commandCount += 1
        self.keyspace.execute(id, command, reply)
        self.numberMutations(of: command)
    }

    /// Runs `body` on the keyspace and numbers what it did; for work that is not one command of one shard.
    package mutating func update<Result>(now: Milliseconds, _ body: (inout Keyspace) -> Result) -> Result {
        self.keyspace.now = now
        let result = body(&self.keyspace)
        self.numberWrittenOutMutations()
        return result
    }

    private mutating func numberMutations(of command: Command) {
        let mutations = self.keyspace.mutations
        if mutations.count == 0 {
            guard mutations.isVerbatim else { return }
            self.stream.backlog.append(command.encoded)
            return mutations.removeAll()
        }
        let isVerbatim = mutations.isVerbatim
        self.numberWrittenOutMutations()
        if isVerbatim { self.stream.backlog.append(command.encoded) }
    }

    private mutating func numberWrittenOutMutations() {
        let mutations = self.keyspace.mutations
        for index in 0..<mutations.count { self.stream.backlog.append(mutations[index]) }
        mutations.removeAll()
    }

    /// Work that no command asked for, about ten times a second.
    /// - Returns: whether more of it is due at once.
    package mutating func tick(now: Milliseconds) -> Bool {
        let expiresMore = self.update(now: now) { $0.expireSlice() }
        self.stream.tick(now: now)
        return self.keyspace.releaseSlice() || expiresMore
    }
}
