// Commands on hashes, and what the specifications of all commands on collections have in common.

extension CommandSpec {
    /// What commands on collections are marked with.
    enum Manner {
        case read
        case fastRead
        case grow
        case slowGrow
        case shrink
        case slowShrink
        /// Reads several keys, and says how many.
        case countedRead

        var flags: Flags {
            switch self {
            case .read: .readonly
            case .fastRead: [.readonly, .fast]
            case .grow: [.write, .denyOOM, .fast]
            case .slowGrow: [.write, .denyOOM]
            case .shrink: [.write, .fast]
            case .slowShrink: .write
            case .countedRead: [.readonly, .movableKeys]
            }
        }
    }

    /// A command on a kind of collection, which has the name of its category and of its group.
    static func onCollection(
        _ category: Categories,
        _ group: StaticString,
        _ name: StaticString,
        _ id: CommandID,
        _ arity: Int,
        _ manner: Manner,
        _ keys: Keys,
        since: StaticString,
        _ summary: StaticString
    ) -> CommandSpec {
        CommandSpec(
            name,
            id,
            arity: arity,
            manner.flags,
            category,
            .keyspace,
            keys,
            group: group,
            since: since,
            summary
        )
    }

    private static func hash(
        _ name: StaticString,
        _ id: CommandID,
        _ arity: Int,
        _ manner: Manner,
        _ keys: Keys = .one,
        since: StaticString,
        _ summary: StaticString
    ) -> CommandSpec {
        .onCollection(.hash, "hash", name, id, arity, manner, keys, since: since, summary)
    }

    static let hashes: [CommandSpec] = [
        .hash("hset", .hset, -4, .grow, since: "2.0.0", "Gives fields of a hash their values."),
        .hash("hsetnx", .hsetnx, 4, .grow, since: "2.0.0", "Gives a field a value unless it has one."),
        .hash("hmset", .hmset, -4, .grow, since: "2.0.0", "Gives fields of a hash their values (an old name of HSET)."),
        .hash("hget", .hget, 3, .fastRead, since: "2.0.0", "Returns the value of a field."),
        .hash("hmget", .hmget, -3, .fastRead, since: "2.0.0", "Returns the values of several fields."),
        .hash("hgetall", .hgetall, 2, .read, since: "2.0.0", "Returns all fields with their values."),
        .hash("hdel", .hdel, -3, .shrink, since: "2.0.0", "Removes fields of a hash."),
        .hash("hlen", .hlen, 2, .fastRead, since: "2.0.0", "Counts the fields of a hash."),
        .hash("hstrlen", .hstrlen, 3, .fastRead, since: "3.2.0", "Returns the length of a field's value in bytes."),
        .hash("hexists", .hexists, 3, .fastRead, since: "2.0.0", "Tells whether a hash has a field."),
        .hash("hkeys", .hkeys, 2, .read, since: "2.0.0", "Returns all fields of a hash."),
        .hash("hvals", .hvals, 2, .read, since: "2.0.0", "Returns all values of a hash."),
        .hash("hincrby", .hincrby, 4, .grow, since: "2.0.0", "Adds to a field's number."),
        .hash("hincrbyfloat", .hincrbyfloat, 4, .grow, since: "2.6.0", "Adds a fraction to a field's number."),
        .hash("hscan", .hscan, -3, .read, since: "2.8.0", "Returns all fields with their values, some at a time."),
        .hash("hrandfield", .hrandfield, -2, .read, since: "6.2.0", "Returns random fields of a hash."),
    ]
}
