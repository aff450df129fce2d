package import RESP

extension Keyspace {
    /// Carries out a command whose arity has been checked. Appends one reply, and leaves in `mutations` what it did.
    package mutating func execute(_ id: CommandID, _ command: Command, _ reply: Writer) {
        switch id {
        case .set: self.set(command, reply)
        case .get: self.get(command, reply)
        case .incr: self.add(1, to: command[1], reply, command)
        default: reply.error(CommandError.unknown(command))
        }
    }
}
