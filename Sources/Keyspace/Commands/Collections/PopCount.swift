import RESP

/// How much LPOP, SPOP, ZPOPMIN and their kin are to take: the optional third word.
struct PopCount {
    /// nil: one, which is answered alone and not as an array.
    let wanted: Int?

    /// - Parameter surplus: the error that more words are answered with.
    /// - Returns: nil with the error answered.
    init?(_ command: Command, orElse surplus: String, _ reply: Writer) {
        guard command.count <= 3 else {
            reply.error(surplus)
            return nil
        }
        guard command.count == 3 else {
            self.wanted = nil
            return
        }
        guard let count = Keyspace.positive(command[2], reply) else { return nil }
        self.wanted = count
    }
}
