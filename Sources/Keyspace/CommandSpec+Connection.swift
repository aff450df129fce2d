// Commands on the connection and on the server. But for those that concern every shard, the connection carries them out.
// `MEMORY USAGE` is the connection's to recognise and the owning shard's to answer.

extension CommandSpec {
    static func connection(
        _ name: StaticString,
        _ id: CommandID,
        _ arity: Int,
        _ flags: Flags,
        _ extra: Categories = .connection,
        group: StaticString = "connection",
        since: StaticString,
        _ summary: StaticString
    ) -> CommandSpec {
        CommandSpec(
            name,
            id,
            arity: arity,
            flags,
            extra,
            .connection,
            .none,
            group: group,
            since: since,
            summary
        )
    }

    private static func server(
        _ name: StaticString,
        _ id: CommandID,
        _ arity: Int,
        _ flags: Flags,
        _ extra: Categories = [],
        _ scope: Scope = .connection,
        since: StaticString,
        _ summary: StaticString
    ) -> CommandSpec {
        CommandSpec(name, id, arity: arity, flags, extra, scope, .none, group: "server", since: since, summary)
    }

    private static let anyTime: Flags = [.loading, .stale, .fast]
    private static let beforeAll: Flags = [.noScript, .loading, .stale, .fast, .noAuth, .allowBusy]

    static let connection: [CommandSpec] = [
        .connection("ping", .ping, -1, .fast, since: "1.0.0", "Answers PONG, or with the argument."),
        .connection("echo", .echo, 2, Self.anyTime, since: "1.0.0", "Answers with the argument."),
        .connection("quit", .quit, -1, Self.beforeAll, since: "1.0.0", "Ends the connection."),
        .connection(
            "hello",
            .hello,
            -1,
            Self.beforeAll,
            since: "6.0.0",
            "Chooses the protocol and describes the server."
        ),
        .connection("select", .select, 2, Self.anyTime, since: "1.0.0", "Chooses the database; there is number 0."),
        .connection("client", .client, -2, [], [], since: "2.4.0", "Names, lists and ends connections."),
        .connection(
            "reset",
            .reset,
            1,
            Self.beforeAll,
            since: "6.2.0",
            "Makes the connection as it was when it began."
        ),
    ]

    static let server: [CommandSpec] = [
        .server("command", .command, -1, [.loading, .stale], .connection, since: "2.8.13", "Describes the commands."),
        .server("config", .config, -2, [], since: "2.0.0", "Shows and changes settings."),
        .server("info", .info, -1, [.loading, .stale], .dangerous, since: "1.0.0", "Shows figures about the server."),
        .server(
            "role",
            .role,
            1,
            [.noScript, .loading, .stale, .fast],
            [.admin, .dangerous],
            since: "2.8.12",
            "Tells the server's part in replication."
        ),
        .server("dbsize", .dbsize, 1, [.readonly, .fast], .keyspace, .allShards, since: "1.0.0", "Counts the keys."),
        .server(
            "flushall",
            .flushall,
            -1,
            .write,
            [.keyspace, .dangerous],
            .allShards,
            since: "1.0.0",
            "Removes all keys."
        ),
        .server(
            "flushdb",
            .flushdb,
            -1,
            .write,
            [.keyspace, .dangerous],
            .allShards,
            since: "1.0.0",
            "Removes all keys of the database."
        ),
        .server("time", .time, 1, Self.anyTime, since: "2.6.0", "Returns the server's time."),
        .server("object", .object, -2, [], since: "2.2.3", "Tells how a value is kept."),
        .server(
            "save",
            .save,
            1,
            [.admin, .noScript, .noAsyncLoading, .noMulti],
            since: "1.0.0",
            "Saves the data, and answers when that is done."
        ),
        .server(
            "bgsave",
            .bgsave,
            -1,
            [.admin, .noScript, .noAsyncLoading],
            since: "1.0.0",
            "Saves the data in the background."
        ),
        .server(
            "lastsave",
            .lastsave,
            1,
            [.loading, .stale, .fast],
            [.admin, .dangerous],
            since: "1.0.0",
            "Tells when the data was saved last."
        ),
        .server(
            "shutdown",
            .shutdown,
            -1,
            [.admin, .noScript, .loading, .stale, .allowBusy, .noMulti],
            since: "1.0.0",
            "Saves what has changed and ends the server."
        ),
        .server("memory", .memory, -2, [], since: "4.0.0", "Tells what memory is used for."),
        .server("slowlog", .slowlog, -2, [], since: "2.2.12", "Shows commands that took long."),
        .server(
            "debug",
            .debug,
            -2,
            [.admin, .noScript, .loading, .stale],
            since: "1.0.0",
            "Serves tests of the server."
        ),
    ]
}
