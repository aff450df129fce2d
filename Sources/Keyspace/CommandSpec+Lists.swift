// Commands on lists.

extension CommandSpec {
    static let lists: [CommandSpec] = [
        .init(.list, "lpush", .lpush, -3, .grow, since: "1.0.0", "Puts elements before the first of a list."),
        .init(.list, "rpush", .rpush, -3, .grow, since: "1.0.0", "Puts elements behind the last of a list."),
        .init(
            .list,
            "lpushx",
            .lpushx,
            -3,
            .grow,
            since: "2.2.0",
            "Puts elements before the first of a list that is there."
        ),
        .init(
            .list,
            "rpushx",
            .rpushx,
            -3,
            .grow,
            since: "2.2.0",
            "Puts elements behind the last of a list that is there."
        ),
        .init(
            .list,
            "lpop",
            .lpop,
            -2,
            .shrink,
            since: "1.0.0",
            "Removes the first elements of a list and returns them."
        ),
        .init(
            .list,
            "rpop",
            .rpop,
            -2,
            .shrink,
            since: "1.0.0",
            "Removes the last elements of a list and returns them."
        ),
        .init(.list, "llen", .llen, 2, .fastRead, since: "1.0.0", "Counts the elements of a list."),
        .init(.list, "lrange", .lrange, 4, .read, since: "1.0.0", "Returns a part of a list."),
        .init(.list, "lindex", .lindex, 3, .read, since: "1.0.0", "Returns the element of an index."),
        .init(.list, "lset", .lset, 4, .slowGrow, since: "1.0.0", "Replaces the element of an index."),
        .init(.list, "ltrim", .ltrim, 4, .slowShrink, since: "1.0.0", "Removes all but a part of a list."),
        .init(.list, "lrem", .lrem, 4, .slowShrink, since: "1.0.0", "Removes elements that are equal to a value."),
        .init(
            .list,
            "linsert",
            .linsert,
            5,
            .slowGrow,
            since: "2.2.0",
            "Puts an element before or behind another one."
        ),
        .init(
            .list,
            "lmove",
            .lmove,
            5,
            .slowGrow,
            .two,
            since: "6.2.0",
            "Moves an element from one end of a list to one of another, or of the same."
        ),
        .init(
            .list,
            "rpoplpush",
            .rpoplpush,
            3,
            .slowGrow,
            .two,
            since: "1.2.0",
            "Moves the last element of a list to the front of another."
        ),
        .init(
            .list,
            "lpos",
            .lpos,
            -3,
            .read,
            since: "6.0.6",
            "Returns the indices of elements that are equal to a value."
        ),
    ]
}
