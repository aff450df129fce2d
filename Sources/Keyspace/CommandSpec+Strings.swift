// Commands on strings.

extension CommandSpec {
    private static func string(
        _ name: StaticString,
        _ id: CommandID,
        _ arity: Int,
        _ flags: Flags,
        _ keys: Keys = .one,
        since: StaticString,
        _ summary: StaticString
    ) -> CommandSpec {
        CommandSpec(name, id, arity: arity, flags, .string, .keyspace, keys, group: "string", since: since, summary)
    }

    private static let grow: Flags = [.write, .denyOOM, .fast]
    private static let fastRead: Flags = [.readonly, .fast]

    static let strings: [CommandSpec] = [
        .string(
            "set",
            .set,
            -3,
            [.write, .denyOOM],
            since: "1.0.0",
            "Gives a key a value, with conditions and an expiry."
        ),
        .string("get", .get, 2, Self.fastRead, since: "1.0.0", "Returns a key's value."),
        .string("getset", .getset, 3, Self.grow, since: "1.0.0", "Gives a key a value and returns the one before."),
        .string("getdel", .getdel, 2, [.write, .fast], since: "6.2.0", "Returns a key's value and removes the key."),
        .string(
            "getex",
            .getex,
            -2,
            [.write, .fast],
            since: "6.2.0",
            "Returns a key's value and changes when it ends."
        ),
        .string("setnx", .setnx, 3, Self.grow, since: "1.0.0", "Gives a key a value unless it has one."),
        .string("setex", .setex, 4, [.write, .denyOOM], since: "2.0.0", "Gives a key a value for some seconds."),
        .string(
            "psetex",
            .psetex,
            4,
            [.write, .denyOOM],
            since: "2.6.0",
            "Gives a key a value for some milliseconds."
        ),
        .string("mset", .mset, -3, [.write, .denyOOM], .pairs, since: "1.0.1", "Gives several keys their values."),
        .string(
            "msetnx",
            .msetnx,
            -3,
            [.write, .denyOOM],
            .pairs,
            since: "1.0.1",
            "Gives several keys their values unless one of them has one."
        ),
        .string("mget", .mget, -2, Self.fastRead, .all, since: "1.0.0", "Returns the values of several keys."),
        .string("append", .append, 3, Self.grow, since: "2.0.0", "Adds bytes to the end of a value."),
        .string("strlen", .strlen, 2, Self.fastRead, since: "2.2.0", "Returns the length of a value in bytes."),
        .string("getrange", .getrange, 4, .readonly, since: "2.4.0", "Returns a part of a value."),
        .string(
            "substr",
            .substr,
            4,
            .readonly,
            since: "1.0.0",
            "Returns a part of a value (an old name of GETRANGE)."
        ),
        .string("setrange", .setrange, 4, [.write, .denyOOM], since: "2.2.0", "Overwrites a part of a value."),
        .string("incr", .incr, 2, Self.grow, since: "1.0.0", "Adds one to a key's number."),
        .string("decr", .decr, 2, Self.grow, since: "1.0.0", "Subtracts one from a key's number."),
        .string("incrby", .incrby, 3, Self.grow, since: "1.0.0", "Adds to a key's number."),
        .string("decrby", .decrby, 3, Self.grow, since: "1.0.0", "Subtracts from a key's number."),
        .string("incrbyfloat", .incrbyfloat, 3, Self.grow, since: "2.6.0", "Adds a fraction to a key's number."),
    ]
}
