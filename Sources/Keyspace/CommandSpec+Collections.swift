// What the specifications of commands on collections have in common.

extension CommandSpec {
    /// A kind of collection, whose commands share category and group.
    struct Family {
        let category: Categories
        let group: StaticString

        static let hash = Family(category: .hash, group: "hash")
        static let list = Family(category: .list, group: "list")
        static let set = Family(category: .set, group: "set")
        static let sortedSet = Family(category: .sortedSet, group: "sorted-set")
    }

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

    /// A command on a collection.
    init(
        _ family: Family,
        _ name: StaticString,
        _ id: CommandID,
        _ arity: Int,
        _ manner: Manner,
        _ keys: Keys = .one,
        since: StaticString,
        _ summary: StaticString
    ) {
        self.init(
            name,
            id,
            arity: arity,
            manner.flags,
            family.category,
            .keyspace,
            keys,
            group: family.group,
            since: since,
            summary
        )
    }
}
