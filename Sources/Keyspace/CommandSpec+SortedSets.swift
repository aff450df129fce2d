// Commands on sorted sets.

extension CommandSpec {
    static let sortedSets: [CommandSpec] = [
        .init(
            .sortedSet,
            "zadd",
            .zadd,
            -4,
            .grow,
            since: "1.2.0",
            "Adds members with their scores, or changes scores."
        ),
        .init(.sortedSet, "zrem", .zrem, -3, .shrink, since: "1.2.0", "Removes members of a sorted set."),
        .init(.sortedSet, "zscore", .zscore, 3, .fastRead, since: "1.2.0", "Returns the score of a member."),
        .init(.sortedSet, "zmscore", .zmscore, -3, .fastRead, since: "6.2.0", "Returns the scores of several members."),
        .init(.sortedSet, "zincrby", .zincrby, 4, .grow, since: "1.2.0", "Adds to the score of a member."),
        .init(.sortedSet, "zcard", .zcard, 2, .fastRead, since: "1.2.0", "Counts the members of a sorted set."),
        .init(.sortedSet, "zcount", .zcount, 4, .fastRead, since: "2.0.0", "Counts the members in a range of scores."),
        .init(
            .sortedSet,
            "zlexcount",
            .zlexcount,
            4,
            .fastRead,
            since: "2.8.9",
            "Counts the members in a range of names."
        ),
        .init(.sortedSet, "zrank", .zrank, 3, .fastRead, since: "2.0.0", "Tells how many members come before one."),
        .init(
            .sortedSet,
            "zrevrank",
            .zrevrank,
            3,
            .fastRead,
            since: "2.0.0",
            "Tells how many members come after one."
        ),
        .init(
            .sortedSet,
            "zrange",
            .zrange,
            -4,
            .read,
            since: "1.2.0",
            "Returns the members in a range of ranks, scores or names."
        ),
        .init(
            .sortedSet,
            "zrangebyscore",
            .zrangebyscore,
            -4,
            .read,
            since: "1.0.5",
            "Returns the members in a range of scores."
        ),
        .init(
            .sortedSet,
            "zrevrangebyscore",
            .zrevrangebyscore,
            -4,
            .read,
            since: "2.2.0",
            "Returns the members in a range of scores, the highest first."
        ),
        .init(
            .sortedSet,
            "zrevrange",
            .zrevrange,
            -4,
            .read,
            since: "1.2.0",
            "Returns the members in a range of ranks, the highest first."
        ),
        .init(
            .sortedSet,
            "zrangebylex",
            .zrangebylex,
            -4,
            .read,
            since: "2.8.9",
            "Returns the members in a range of names."
        ),
        .init(
            .sortedSet,
            "zrevrangebylex",
            .zrevrangebylex,
            -4,
            .read,
            since: "2.8.9",
            "Returns the members in a range of names, the last first."
        ),
        .init(
            .sortedSet,
            "zremrangebyrank",
            .zremrangebyrank,
            4,
            .slowShrink,
            since: "2.0.0",
            "Removes the members in a range of ranks."
        ),
        .init(
            .sortedSet,
            "zremrangebyscore",
            .zremrangebyscore,
            4,
            .slowShrink,
            since: "1.2.0",
            "Removes the members in a range of scores."
        ),
        .init(
            .sortedSet,
            "zremrangebylex",
            .zremrangebylex,
            4,
            .slowShrink,
            since: "2.8.9",
            "Removes the members in a range of names."
        ),
        .init(
            .sortedSet,
            "zpopmin",
            .zpopmin,
            -2,
            .shrink,
            since: "5.0.0",
            "Removes the members with the lowest scores and returns them."
        ),
        .init(
            .sortedSet,
            "zpopmax",
            .zpopmax,
            -2,
            .shrink,
            since: "5.0.0",
            "Removes the members with the highest scores and returns them."
        ),
        .init(
            .sortedSet,
            "zrandmember",
            .zrandmember,
            -2,
            .read,
            since: "6.2.0",
            "Returns random members of a sorted set."
        ),
        .init(
            .sortedSet,
            "zscan",
            .zscan,
            -3,
            .read,
            since: "2.8.0",
            "Returns all members with their scores, some at a time."
        ),
    ]
}
