// Commands that make several into one.

extension CommandSpec {
    private static func transaction(
        _ name: StaticString,
        _ id: CommandID,
        _ arity: Int,
        _ flags: Flags,
        _ keys: Keys = .none,
        since: StaticString,
        _ summary: StaticString
    ) -> CommandSpec {
        CommandSpec(
            name,
            id,
            arity: arity,
            flags,
            .transaction,
            .connection,
            keys,
            group: "transactions",
            since: since,
            summary
        )
    }

    private static let anyTime: Flags = [.noScript, .loading, .stale, .fast, .allowBusy]

    static let transactions: [CommandSpec] = [
        .transaction("multi", .multi, 1, Self.anyTime, since: "1.2.0", "Begins a transaction."),
        .transaction(
            "exec",
            .exec,
            1,
            [.noScript, .loading, .stale, .skipSlowlog],
            since: "1.2.0",
            "Carries out the commands of a transaction, all at once."
        ),
        .transaction("discard", .discard, 1, Self.anyTime, since: "2.0.0", "Gives a transaction up."),
        .transaction(
            "watch",
            .watch,
            -2,
            Self.anyTime,
            .all,
            since: "2.2.0",
            "Makes the next transaction depend on keys that nobody changes."
        ),
        .transaction("unwatch", .unwatch, 1, Self.anyTime, since: "2.2.0", "Forgets all keys that are watched."),
    ]
}
