// Commands on sorted sets.

extension CommandSpec {
    private static func sortedSet(
        _ name: StaticString,
        _ id: CommandID,
        _ arity: Int,
        _ manner: Manner,
        _ keys: Keys = .one,
        since: StaticString,
        _ summary: StaticString
    ) -> CommandSpec {
        .onCollection(.sortedSet, "sorted-set", name, id, arity, manner, keys, since: since, summary)
    }

    static let sortedSets: [CommandSpec] = [
        .sortedSet("zadd", .zadd, -4, .grow, since: "1.2.0", "Adds members with their scores, or changes scores."),
        .sortedSet("zrem", .zrem, -3, .shrink, since: "1.2.0", "Removes members of a sorted set."),
        .sortedSet("zscore", .zscore, 3, .fastRead, since: "1.2.0", "Returns the score of a member."),
        .sortedSet("zmscore", .zmscore, -3, .fastRead, since: "6.2.0", "Returns the scores of several members."),
        .sortedSet("zincrby", .zincrby, 4, .grow, since: "1.2.0", "Adds to the score of a member."),
        .sortedSet("zcard", .zcard, 2, .fastRead, since: "1.2.0", "Counts the members of a sorted set."),
        .sortedSet("zcount", .zcount, 4, .fastRead, since: "2.0.0", "Counts the members in a range of scores."),
        .sortedSet("zlexcount", .zlexcount, 4, .fastRead, since: "2.8.9", "Counts the members in a range of names."),
        .sortedSet("zrank", .zrank, 3, .fastRead, since: "2.0.0", "Tells how many members come before one."),
        .sortedSet("zrevrank", .zrevrank, 3, .fastRead, since: "2.0.0", "Tells how many members come after one."),
        .sortedSet(
            "zrange",
            .zrange,
            -4,
            .read,
            since: "1.2.0",
            "Returns the members in a range of ranks, scores or names."
        ),
        .sortedSet(
            "zrangebyscore",
            .zrangebyscore,
            -4,
            .read,
            since: "1.0.5",
            "Returns the members in a range of scores."
        ),
        .sortedSet(
            "zrevrangebyscore",
            .zrevrangebyscore,
            -4,
            .read,
            since: "2.2.0",
            "Returns the members in a range of scores, the highest first."
        ),
        .sortedSet(
            "zrevrange",
            .zrevrange,
            -4,
            .read,
            since: "1.2.0",
            "Returns the members in a range of ranks, the highest first."
        ),
        .sortedSet("zrangebylex", .zrangebylex, -4, .read, since: "2.8.9", "Returns the members in a range of names."),
        .sortedSet(
            "zrevrangebylex",
            .zrevrangebylex,
            -4,
            .read,
            since: "2.8.9",
            "Returns the members in a range of names, the last first."
        ),
        .sortedSet(
            "zremrangebyrank",
            .zremrangebyrank,
            4,
            .slowShrink,
            since: "2.0.0",
            "Removes the members in a range of ranks."
        ),
        .sortedSet(
            "zremrangebyscore",
            .zremrangebyscore,
            4,
            .slowShrink,
            since: "1.2.0",
            "Removes the members in a range of scores."
        ),
        .sortedSet(
            "zremrangebylex",
            .zremrangebylex,
            4,
            .slowShrink,
            since: "2.8.9",
            "Removes the members in a range of names."
        ),
        .sortedSet(
            "zpopmin",
            .zpopmin,
            -2,
            .shrink,
            since: "5.0.0",
            "Removes the members with the lowest scores and returns them."
        ),
        .sortedSet(
            "zpopmax",
            .zpopmax,
            -2,
            .shrink,
            since: "5.0.0",
            "Removes the members with the highest scores and returns them."
        ),
        .sortedSet("zrandmember", .zrandmember, -2, .read, since: "6.2.0", "Returns random members of a sorted set."),
        .sortedSet(
            "zscan",
            .zscan,
            -3,
            .read,
            since: "2.8.0",
            "Returns all members with their scores, some at a time."
        ),
    ]
}
