// Commands for clients of a replicated group, as in Redis Cluster; and one that only this engine has (`READ`).

extension CommandSpec {
    private static func group(
        _ name: StaticString,
        _ id: CommandID,
        _ arity: Int,
        _ flags: Flags,
        _ categories: Categories = .connection,
        since: StaticString,
        _ summary: StaticString
    ) -> CommandSpec {
        CommandSpec(
            name,
            id,
            arity: arity,
            flags,
            categories,
            .connection,
            .none,
            group: "cluster",
            since: since,
            summary
        )
    }

    static let group: [CommandSpec] = [
        .group("cluster", .cluster, -2, [], [], since: "3.0.0", "Tells who leads which slots of a group."),
        .group(
            "readonly",
            .readonly,
            1,
            [.loading, .stale, .fast],
            since: "3.0.0",
            "Lets a member of a group that does not lead answer this connection's reads."
        ),
        .group("readwrite", .readwrite, 1, [.loading, .stale, .fast], since: "3.0.0", "Ends READONLY."),
        .group(
            "read",
            .read,
            2,
            [.loading, .stale, .fast],
            since: "7.0.0",
            "READ CONSISTENT lets replies wait until the group has confirmed who leads; READ DEFAULT ends that."
        ),
    ]
}
