// Commands for clients of a replicated group, as in Redis Cluster; and one that only this engine has (`READ`).

extension CommandSpec {
    static let group: [CommandSpec] = [
        .connection(
            "cluster",
            .cluster,
            -2,
            [],
            [],
            group: "cluster",
            since: "3.0.0",
            "Tells who leads which slots of a group."
        ),
        .connection(
            "readonly",
            .readonly,
            1,
            [.loading, .stale, .fast],
            group: "cluster",
            since: "3.0.0",
            "Lets a member of a group that does not lead answer this connection's reads."
        ),
        .connection(
            "readwrite",
            .readwrite,
            1,
            [.loading, .stale, .fast],
            group: "cluster",
            since: "3.0.0",
            "Ends READONLY."
        ),
        .connection(
            "read",
            .read,
            2,
            [.loading, .stale, .fast],
            group: "cluster",
            since: "7.0.0",
            "READ CONSISTENT lets replies wait until the group has confirmed who leads; READ DEFAULT ends that."
        ),
    ]
}
