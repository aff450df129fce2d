// Connections as `CLIENT LIST` shows them, under Redis's field names; fields that have no meaning here are left out.

import Engine
import Keyspace
import Primitives
import RESP
import Replication
import Sockets

extension Shard {
    func clientLines(_ filter: ClientFilter) -> [String] {
        let now = WallClock.milliseconds
        let clients = self.clients.values.sorted { $0.number < $1.number }.filter(filter.accepts).map {
            $0.line(now: now)
        }
        guard filter.kind != .normal, filter.ids.isEmpty else { return clients }
        return clients
            + self.engine.stream.links.map {
                "id=\($0.number) addr=\(self.address(of: $0)) name=\($0.request.id) flags=S db=0 obl=0 oll=0 omem=0"
                    + " cmd=replicate"
            }
    }

    /// Ends connections; the caller's own one ends after its reply.
    func killClients(_ filter: ClientFilter, caller: Int64) -> Int {
        var count = 0
        for client in Array(self.clients.values) where filter.accepts(client) {
            if client.number == caller {
                // The old form names an address, and may name the caller's own.
                guard !filter.skipsCaller || (filter.address != nil && filter.ids.isEmpty) else { continue }
                client.end()
            } else {
                client.close()
            }
            count += 1
        }
        // A link has no number or local address that a client could be meant by; its kind or its address tells.
        guard filter.kind != .normal, filter.ids.isEmpty, filter.localAddress == nil,
            filter.kind == .replica || filter.address != nil
        else { return count }
        for link in self.engine.stream.links where filter.address.map({ $0 == self.address(of: link) }) ?? true {
            self.engine.stream.killLink(number: link.number)
            self.scheduleTurn()
            count += 1
        }
        return count
    }

    private func address(of link: Link) -> String {
        Socket(descriptor: link.transport).peerAddress?.description ?? "unknown:0"
    }
}

extension ClientConnection {
    /// Memory of a connection apart from its input: the handler, its parser's ranges, and SwiftNIO's channel.
    static let ownBytes = 4096

    func line(now: Milliseconds) -> String {
        let command = self.session.lastCommand.map { "\(self.shard.node.table.specs[$0].name)" } ?? "NULL"
        return "id=\(self.number) addr=\(self.address) laddr=\(self.localAddress) fd=\(self.socket.descriptor)"
            + " name=\(self.session.name) age=\((now - self.session.createdAt) / 1000)"
            + " idle=\((now - self.session.lastActive) / 1000) flags=\(self.isQueueing ? "x" : "N") db=0 sub=0 psub=0"
            + " ssub=0 multi=\(self.isQueueing ? self.transaction.count : -1)"
            + " qbuf=\(self.heldBytes) tot-mem=\(self.heldBytes + Self.ownBytes) cmd=\(command) user=default redir=-1"
            + " resp=\(self.session.version.rawValue) lib-name=\(self.session.libraryName)"
            + " lib-ver=\(self.session.libraryVersion)"
    }
}
