// Commands on hashes.

extension CommandSpec {
    static let hashes: [CommandSpec] = [
        .init(.hash, "hset", .hset, -4, .grow, since: "2.0.0", "Gives fields of a hash their values."),
        .init(.hash, "hsetnx", .hsetnx, 4, .grow, since: "2.0.0", "Gives a field a value unless it has one."),
        .init(
            .hash,
            "hmset",
            .hmset,
            -4,
            .grow,
            since: "2.0.0",
            "Gives fields of a hash their values (an old name of HSET)."
        ),
        .init(.hash, "hget", .hget, 3, .fastRead, since: "2.0.0", "Returns the value of a field."),
        .init(.hash, "hmget", .hmget, -3, .fastRead, since: "2.0.0", "Returns the values of several fields."),
        .init(.hash, "hgetall", .hgetall, 2, .read, since: "2.0.0", "Returns all fields with their values."),
        .init(.hash, "hdel", .hdel, -3, .shrink, since: "2.0.0", "Removes fields of a hash."),
        .init(.hash, "hlen", .hlen, 2, .fastRead, since: "2.0.0", "Counts the fields of a hash."),
        .init(
            .hash,
            "hstrlen",
            .hstrlen,
            3,
            .fastRead,
            since: "3.2.0",
            "Returns the length of a field's value in bytes."
        ),
        .init(.hash, "hexists", .hexists, 3, .fastRead, since: "2.0.0", "Tells whether a hash has a field."),
        .init(.hash, "hkeys", .hkeys, 2, .read, since: "2.0.0", "Returns all fields of a hash."),
        .init(.hash, "hvals", .hvals, 2, .read, since: "2.0.0", "Returns all values of a hash."),
        .init(.hash, "hincrby", .hincrby, 4, .grow, since: "2.0.0", "Adds to a field's number."),
        .init(.hash, "hincrbyfloat", .hincrbyfloat, 4, .grow, since: "2.6.0", "Adds a fraction to a field's number."),
        .init(
            .hash,
            "hscan",
            .hscan,
            -3,
            .read,
            since: "2.8.0",
            "Returns all fields with their values, some at a time."
        ),
        .init(.hash, "hrandfield", .hrandfield, -2, .read, since: "6.2.0", "Returns random fields of a hash."),
    ]
}
