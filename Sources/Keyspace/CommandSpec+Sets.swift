// Commands on sets.

extension CommandSpec {
    static let sets: [CommandSpec] = [
        .init(.set, "sadd", .sadd, -3, .grow, since: "1.0.0", "Adds members to a set."),
        .init(.set, "srem", .srem, -3, .shrink, since: "1.0.0", "Removes members of a set."),
        .init(.set, "smembers", .smembers, 2, .read, since: "1.0.0", "Returns all members of a set."),
        .init(.set, "sismember", .sismember, 3, .fastRead, since: "1.0.0", "Tells whether a set has a member."),
        .init(
            .set,
            "smismember",
            .smismember,
            -3,
            .fastRead,
            since: "6.2.0",
            "Tells which of several members a set has."
        ),
        .init(.set, "scard", .scard, 2, .fastRead, since: "1.0.0", "Counts the members of a set."),
        .init(.set, "spop", .spop, -2, .shrink, since: "1.0.0", "Removes random members of a set and returns them."),
        .init(.set, "srandmember", .srandmember, -2, .read, since: "1.0.0", "Returns random members of a set."),
        .init(.set, "smove", .smove, 4, .shrink, .two, since: "1.0.0", "Moves a member from one set to another."),
        .init(
            .set,
            "sinter",
            .sinter,
            -2,
            .read,
            .all,
            since: "1.0.0",
            "Returns the members that all of several sets have."
        ),
        .init(
            .set,
            "sunion",
            .sunion,
            -2,
            .read,
            .all,
            since: "1.0.0",
            "Returns the members that any of several sets has."
        ),
        .init(
            .set,
            "sdiff",
            .sdiff,
            -2,
            .read,
            .all,
            since: "1.0.0",
            "Returns the members that the first set has and no other."
        ),
        .init(
            .set,
            "sinterstore",
            .sinterstore,
            -3,
            .slowGrow,
            .all,
            since: "1.0.0",
            "Makes a set of the members that all of several sets have."
        ),
        .init(
            .set,
            "sunionstore",
            .sunionstore,
            -3,
            .slowGrow,
            .all,
            since: "1.0.0",
            "Makes a set of the members that any of several sets has."
        ),
        .init(
            .set,
            "sdiffstore",
            .sdiffstore,
            -3,
            .slowGrow,
            .all,
            since: "1.0.0",
            "Makes a set of the members that the first set has and no other."
        ),
        .init(
            .set,
            "sintercard",
            .sintercard,
            -3,
            .countedRead,
            .none,
            since: "7.0.0",
            "Counts the members that all of several sets have."
        ),
        .init(.set, "sscan", .sscan, -3, .read, since: "2.8.0", "Returns all members of a set, some at a time."),
    ]
}
