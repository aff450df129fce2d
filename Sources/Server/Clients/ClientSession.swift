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
    /// The position after this connection's last write on each shard; empty before the first.
    var lastWrites: [Position] = []

    init(now: Milliseconds) {
        self.createdAt = now
        self.lastActive = now
    }
}
