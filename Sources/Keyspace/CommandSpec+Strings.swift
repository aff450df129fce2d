extension CommandSpec {
    /// Every command.
    static let all: [CommandSpec] = Self.connection + Self.server + Self.strings + Self.generic

    static func read(
        _ name: StaticString,
        _ id: CommandID,
        arity: Int,
        keys: (Int, Int, Int),
        group: StaticString,
        fast: Bool = true,
        _ summary: StaticString
    ) -> CommandSpec {
        CommandSpec(
            name: name,
            id: id,
            arity: arity,
            flags: fast ? [.readonly, .fast] : [.readonly],
            scope: .keyspace,
            firstKey: keys.0,
            lastKey: keys.1,
            keyStep: keys.2,
            group: group,
            summary: summary
        )
    }

    static func write(
        _ name: StaticString,
        _ id: CommandID,
        arity: Int,
        keys: (Int, Int, Int),
        group: StaticString,
        _ flags: Flags = [.fast],
        _ summary: StaticString
    ) -> CommandSpec {
        CommandSpec(
            name: name,
            id: id,
            arity: arity,
            flags: flags.union(.write),
            scope: .keyspace,
            firstKey: keys.0,
            lastKey: keys.1,
            keyStep: keys.2,
            group: group,
            summary: summary
        )
    }

    static let strings: [CommandSpec] = [
        .write("set", .set, arity: -3, keys: (1, 1, 1), group: "string", .denyOOM, "Sets the value of a key, with options."),
        .read("get", .get, arity: 2, keys: (1, 1, 1), group: "string", "Returns the value of a key."),
        .write(
            "incr",
            .incr,
            arity: 2,
            keys: (1, 1, 1),
            group: "string",
            [.denyOOM, .fast],
            "Adds one to the number in a key."
        ),
    ]
}
