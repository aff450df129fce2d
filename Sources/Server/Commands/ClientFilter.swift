import Primitives
import RESP

/// Which connections `CLIENT LIST` shows and `CLIENT KILL` ends.
struct ClientFilter: Sendable {
    enum Kind: Sendable {
        case normal
        case replica

        init?(_ word: Bytes) {
            if word.equalsIgnoringCase("NORMAL") {
                self = .normal
            } else if word.equalsIgnoringCase("REPLICA") || word.equalsIgnoringCase("SLAVE") {
                self = .replica
            } else {
                return nil
            }
        }
    }

    var ids: Set<Int64> = []
    var address: String?
    var localAddress: String?
    var kind: Kind?
    var skipsCaller = true

    /// Reads `CLIENT KILL`'s pairs; returns the error for the client if they make no sense.
    mutating func parse(_ command: Command, from start: Int) -> String? {
        guard (command.count - start) % 2 == 0 else { return "ERR syntax error" }
        for index in stride(from: start, to: command.count, by: 2) {
            let value = command[index + 1]
            if command[index].equalsIgnoringCase("ID") {
                guard let id = Decimal.read(value), id > 0 else { return "ERR client-id should be greater than 0" }
                self.ids.insert(id)
            } else if command[index].equalsIgnoringCase("ADDR") {
                self.address = value.text
            } else if command[index].equalsIgnoringCase("LADDR") {
                self.localAddress = value.text
            } else if command[index].equalsIgnoringCase("TYPE") {
                guard let kind = Kind(value) else { return "ERR Unknown client type '\(value.text)'" }
                self.kind = kind
            } else if command[index].equalsIgnoringCase("SKIPME") {
                if value.equalsIgnoringCase("YES") {
                    self.skipsCaller = true
                } else if value.equalsIgnoringCase("NO") {
                    self.skipsCaller = false
                } else {
                    return "ERR syntax error"
                }
            } else {
                return "ERR syntax error"
            }
        }
        return nil
    }

    func accepts(_ client: ClientConnection) -> Bool {
        guard self.kind != .replica else { return false }
        return (self.ids.isEmpty || self.ids.contains(client.number))
            && (self.address == nil || self.address == client.address)
            && (self.localAddress == nil || self.localAddress == client.localAddress)
    }
}
