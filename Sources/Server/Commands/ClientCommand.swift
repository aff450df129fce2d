// CLIENT. Source: https://redis.io/docs/latest/commands/client/

import Keyspace
import NIOCore
import Primitives
import RESP

extension ClientConnection {
    func client(_ command: Command, _ writer: Writer) {
        let word = command[1]
        switch command.count {
        case 2 where word.equalsIgnoringCase("ID"): writer.integer(self.number)
        case 2 where word.equalsIgnoringCase("GETNAME"):
            if self.session.name.isEmpty { writer.null() } else { writer.bulk(self.session.name) }
        case 3 where word.equalsIgnoringCase("SETNAME"):
            guard let name = self.validName(command[2], writer) else { return }
            self.session.name = name
            writer.ok()
        case 4 where word.equalsIgnoringCase("SETINFO"): self.setInfo(command, writer)
        case 2 where word.equalsIgnoringCase("INFO"): writer.verbatim(self.line(now: self.shard.now) + "\n")
        case _ where word.equalsIgnoringCase("LIST"): self.list(command, writer)
        case 3... where word.equalsIgnoringCase("KILL"): self.kill(command, writer)
        case 3...4 where word.equalsIgnoringCase("PAUSE"): self.pause(command, writer)
        case 2 where word.equalsIgnoringCase("UNPAUSE"): self.unpause(writer)
        case 2 where word.equalsIgnoringCase("HELP"): Self.help(writer)
        default:
            self.refuse(
                "ERR unknown subcommand or wrong number of arguments for '\(word.text)'. Try CLIENT HELP.",
                writer
            )
        }
    }

    /// A name as Redis allows it; answers with an error and returns nil otherwise.
    func validName(_ bytes: Bytes, _ writer: Writer) -> String? {
        guard bytes.allSatisfy({ (0x21...0x7e).contains($0) }) else {
            self.refuse("ERR Client names cannot contain spaces, newlines or special characters.", writer)
            return nil
        }
        return bytes.text
    }

    /// CLIENT PAUSE <ms> [WRITE|ALL]
    private func pause(_ command: Command, _ writer: Writer) {
        var scope = PauseScope.all
        if command.count == 4 {
            if command[3].equalsIgnoringCase("WRITE") {
                scope = .writes
            } else if !command[3].equalsIgnoringCase("ALL") {
                return self.refuse("ERR CLIENT PAUSE mode must be WRITE or ALL", writer)
            }
        }
        guard let timeout = self.timeout(command[2], writer) else { return }
        let (chosen, until) = (scope, self.shard.now + timeout)
        self.askAllShards {
            $0.pauseWrites(chosen, until: until, for: .client)
        } answer: { _, writer in
            writer.ok()
        }
    }

    private func unpause(_ writer: Writer) {
        self.askAllShards {
            $0.endPause(for: .client)
        } answer: { _, writer in
            writer.ok()
        }
    }

    private func setInfo(_ command: Command, _ writer: Writer) {
        guard command[3].allSatisfy({ (0x21...0x7e).contains($0) }) else {
            return self.refuse(
                "ERR \(command[2].text.lowercased()) cannot contain spaces, newlines or special characters.",
                writer
            )
        }
        if command[2].equalsIgnoringCase("LIB-NAME") {
            self.session.libraryName = command[3].text
        } else if command[2].equalsIgnoringCase("LIB-VER") {
            self.session.libraryVersion = command[3].text
        } else {
            return self.refuse("ERR Unrecognized option '\(command[2].text)'", writer)
        }
        writer.ok()
    }

    private func list(_ command: Command, _ writer: Writer) {
        var filter = ClientFilter()
        var index = 2
        while index < command.count {
            if command[index].equalsIgnoringCase("TYPE"), index + 1 < command.count {
                guard let kind = ClientFilter.Kind(command[index + 1]) else {
                    return self.refuse("ERR Unknown client type '\(command[index + 1].text)'", writer)
                }
                filter.kind = kind
                index += 2
            } else if command[index].equalsIgnoringCase("ID"), index + 1 < command.count {
                for place in (index + 1)..<command.count {
                    guard let id = Decimal.read(command[place]), id > 0 else {
                        return self.refuse("ERR Invalid client ID", writer)
                    }
                    filter.ids.insert(id)
                }
                index = command.count
            } else {
                return self.refuse(CommandError.syntax, writer)
            }
        }
        let chosen = filter
        self.askAllShards {
            $0.clientLines(chosen)
        } answer: { lines, writer in
            writer.verbatim(lines.joined().map { $0 + "\n" }.joined())
        }
    }

    private func kill(_ command: Command, _ writer: Writer) {
        var filter = ClientFilter()
        let isOldForm = command.count == 3
        if isOldForm {
            filter.address = command[2].text
        } else if let mistake = filter.parse(command, from: 2) {
            return self.refuse(mistake, writer)
        }
        let chosen = filter
        let own = self.number
        self.askAllShards {
            $0.killClients(chosen, caller: own)
        } answer: { killed, writer in
            let count = killed.reduce(0, +)
            if !isOldForm {
                writer.integer(count)
            } else if count == 0 {
                writer.error("ERR No such client")
            } else {
                writer.ok()
            }
        }
    }

    private static func help(_ writer: Writer) {
        let lines: [StaticString] = [
            "CLIENT <subcommand> [<arg> ...]. Subcommands are:",
            "GETNAME -- The name of this connection.",
            "ID -- The number of this connection.",
            "INFO -- This connection as LIST shows it.",
            "KILL <ip:port> | ID <id> | ADDR <ip:port> | LADDR <ip:port> | TYPE <type> | SKIPME <yes|no> -- Ends connections.",
            "PAUSE <milliseconds> [WRITE|ALL] -- Lets writes, or every command on data, wait.",
            "UNPAUSE -- Ends that.",
            "LIST [TYPE <normal|replica>] [ID <id> ...] -- Connections.",
            "SETINFO <LIB-NAME|LIB-VER> <value> -- What library this connection comes from.",
            "SETNAME <name> -- Names this connection.",
        ]
        writer.array(lines.count)
        for line in lines { writer.simple(line) }
    }
}
