// What a peer may announce or send before it is refused; each bounds memory that a peer could otherwise make us hold. The
// values are Redis's, so that a client that works there works here (arguments: those of Redis before 7.0, which takes
// 2^31 - 1 of them now).

package enum Limits {
    /// Arguments of one command.
    package static let argumentCount = 1024 * 1024
    /// Bytes of one argument (Redis: proto-max-bulk-len).
    package static let bulkLength = 512 * 1024 * 1024
    /// Bytes of an inline command, and of a length line.
    package static let inlineLength = 64 * 1024
    /// Arguments whose ranges a parser keeps room for between commands; a longer command gives its room back.
    static let retainedArguments = 1024
}
