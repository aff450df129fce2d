// Commands on keys, whatever their value.

extension CommandSpec {
    private static func key(
        _ name: StaticString,
        _ id: CommandID,
        _ arity: Int,
        _ flags: Flags,
        _ keys: Keys = .one,
        since: StaticString,
        _ summary: StaticString
    ) -> CommandSpec {
        CommandSpec(name, id, arity: arity, flags, .keyspace, .keyspace, keys, group: "generic", since: since, summary)
    }

    private static func everyKey(
        _ name: StaticString,
        _ id: CommandID,
        _ arity: Int,
        _ extra: Categories = [],
        since: StaticString,
        _ summary: StaticString
    ) -> CommandSpec {
        CommandSpec(
            name,
            id,
            arity: arity,
            .readonly,
            extra.union(.keyspace),
            .allShards,
            .none,
            group: "generic",
            since: since,
            summary
        )
    }

    private static let fastWrite: Flags = [.write, .fast]
    private static let fastRead: Flags = [.readonly, .fast]

    static let generic: [CommandSpec] = [
        .key("del", .del, -2, .write, .all, since: "1.0.0", "Removes keys."),
        .key("unlink", .unlink, -2, Self.fastWrite, .all, since: "4.0.0", "Removes keys."),
        .key(
            "exists",
            .exists,
            -2,
            Self.fastRead,
            .all,
            since: "1.0.0",
            "Counts how many of the given keys are there."
        ),
        .key("touch", .touch, -2, Self.fastRead, .all, since: "3.2.1", "Counts how many of the given keys are there."),
        .key("type", .type, 2, Self.fastRead, since: "1.0.0", "Returns the type of a key's value."),
        .key("rename", .rename, 3, .write, .two, since: "1.0.0", "Gives a key another name, over what has that name."),
        .key("renamenx", .renamenx, 3, Self.fastWrite, .two, since: "1.0.0", "Gives a key a name that no key has."),
        .key("copy", .copy, -3, [.write, .denyOOM], .two, since: "6.2.0", "Copies a key with its value and expiry."),
        .everyKey("randomkey", .randomkey, 1, since: "1.0.0", "Returns any key."),
        .everyKey("keys", .keys, 2, .dangerous, since: "1.0.0", "Returns all keys that match a pattern, at once."),
        .everyKey("scan", .scan, -2, since: "2.8.0", "Returns all keys, some at a time."),
        .key("expire", .expire, -3, Self.fastWrite, since: "1.0.0", "Ends a key after some seconds."),
        .key("pexpire", .pexpire, -3, Self.fastWrite, since: "2.6.0", "Ends a key after some milliseconds."),
        .key("expireat", .expireat, -3, Self.fastWrite, since: "1.2.0", "Ends a key at a Unix time in seconds."),
        .key("pexpireat", .pexpireat, -3, Self.fastWrite, since: "2.6.0", "Ends a key at a Unix time in milliseconds."),
        .key("ttl", .ttl, 2, Self.fastRead, since: "1.0.0", "Returns the seconds until a key ends."),
        .key("pttl", .pttl, 2, Self.fastRead, since: "2.6.0", "Returns the milliseconds until a key ends."),
        .key(
            "expiretime",
            .expiretime,
            2,
            Self.fastRead,
            since: "7.0.0",
            "Returns a key's end as a Unix time in seconds."
        ),
        .key(
            "pexpiretime",
            .pexpiretime,
            2,
            Self.fastRead,
            since: "7.0.0",
            "Returns a key's end in Unix milliseconds."
        ),
        .key("persist", .persist, 2, Self.fastWrite, since: "2.2.0", "Makes a key last."),
    ]
}
