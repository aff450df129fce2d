import Primitives
import RESP

/// What a connection remembers between its commands.
struct ClientSession {
    var name = ""
    var libraryName = ""
    var libraryVersion = ""
    var version = ProtocolVersion.resp2
    let createdAt: Milliseconds
    var lastActive: Milliseconds
    /// Index of the last command in the command table.
    var lastCommand: Int?
    var lastWrites = LastWrites()
    /// READONLY: members of a group that do not lead may answer reads.
    var isReadOnly = false
    /// READ CONSISTENT: replies leave once the group has confirmed that this node leads.
    var readsConsistently = false

    init(now: Milliseconds) {
        self.createdAt = now
        self.lastActive = now
    }
}

/// The positions after a connection's last write on each shard. The first shard it writes to needs no list: most connections
/// write to one alone, and every write comes by here.
struct LastWrites {
    private var shard = -1
    private var position: Position = 0
    private var others: [Int: Position] = [:]

    mutating func note(_ position: Position, shard: Int) {
        if self.shard < 0 { self.shard = shard }
        if self.shard == shard { self.position = position } else { self.others[shard] = position }
    }

    /// In no order.
    var all: [(shard: Int, position: Position)] {
        guard self.shard >= 0 else { return [] }
        return [(self.shard, self.position)] + self.others.map { ($0.key, $0.value) }
    }
}
