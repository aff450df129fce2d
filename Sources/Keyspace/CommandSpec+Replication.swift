// Commands about replicas: Redis's, and those that only this engine has (`REPL.…`).

extension CommandSpec {
    private static func replication(
        _ name: StaticString,
        _ id: CommandID,
        _ arity: Int,
        _ flags: Flags,
        _ extra: Categories,
        group: StaticString,
        since: StaticString,
        _ summary: StaticString
    ) -> CommandSpec {
        CommandSpec(name, id, arity: arity, flags, extra, .connection, .none, group: group, since: since, summary)
    }

    static let replication: [CommandSpec] = [
        .replication(
            "wait",
            .wait,
            3,
            .noScript,
            .connection,
            group: "generic",
            since: "3.0.0",
            "Waits until replicas have applied this connection's writes."
        ),
        .replication(
            "waitaof",
            .waitaof,
            4,
            .noScript,
            .connection,
            group: "generic",
            since: "7.2.0",
            "Waits until this connection's writes are on disk, here and on replicas."
        ),
        .replication(
            "repl.slots",
            .slots,
            -1,
            [.admin, .noScript, .loading, .stale],
            [],
            group: "server",
            since: "7.0.0",
            "Lists the slots of replicas with what they retain and how long they last, or drops one."
        ),
        .replication(
            "repl.topology",
            .topology,
            1,
            [.noScript, .loading, .stale],
            [],
            group: "server",
            since: "7.0.0",
            "Tells shards, replication ports, histories and replicas."
        ),
        .replication(
            "repl.token",
            .token,
            1,
            [.noScript, .fast],
            .connection,
            group: "server",
            since: "7.0.0",
            "Tells histories and the positions after this connection's last writes."
        ),
        .replication(
            "repl.wait",
            .waitForPlaces,
            -3,
            .noScript,
            .connection,
            group: "server",
            since: "7.0.0",
            "Waits until this node has applied what REPL.TOKEN told."
        ),
        .replication(
            "repl.digest",
            .digest,
            1,
            [.admin, .noScript],
            [],
            group: "server",
            since: "7.0.0",
            "Computes what each shard's data amount to at a position."
        ),
        .replication(
            "replicaof",
            .replicaof,
            3,
            [.admin, .noScript, .stale, .noAsyncLoading],
            [],
            group: "server",
            since: "5.0.0",
            "Makes this node a replica of another one, or, with NO ONE, a primary."
        ),
        .replication(
            "failover",
            .failover,
            -1,
            [.admin, .noScript, .stale],
            [],
            group: "server",
            since: "6.2.0",
            "Hands this node's part over to one of its replicas, or ends that."
        ),
        .replication(
            "repl.takeover",
            .takeover,
            -4,
            [.admin, .noScript, .stale],
            [],
            group: "server",
            since: "7.0.0",
            "Asks a replica whether it can take its primary's part, or tells it to."
        ),
        .replication(
            "slaveof",
            .slaveof,
            3,
            [.admin, .noScript, .stale, .noAsyncLoading],
            [],
            group: "server",
            since: "1.0.0",
            "REPLICAOF as it was called before."
        ),
    ]
}
