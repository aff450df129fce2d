import Keyspace
import Primitives
import RESP

extension ClientConnection {
    /// Commands of the connection and of the server as a whole.
    func serve(_ id: CommandID, _ command: Command, _ writer: Writer) {
        switch id {
        case .ping:
            if command.count > 1 { writer.bulk(command[1]) } else { writer.simple("PONG") }
        default: self.refuse(CommandError.unknown(command), writer)
        }
    }
}
