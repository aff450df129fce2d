import Keyspace
import Primitives
import RESP

extension ClientConnection {
    /// OBJECT, whose key stands behind a subcommand: the shard that owns it answers.
    func object(_ command: Command, _ writer: Writer) {
        if command.count == 3 {
            return self.executeOnKeys(self.session.lastCommand ?? 0, command, firstKey: 2, writer)
        }
        guard command[1].equalsIgnoringCase("HELP"), command.count == 2 else {
            return self.refuse(
                "ERR unknown subcommand or wrong number of arguments for '\(command[1].text)'. Try OBJECT HELP.",
                writer
            )
        }
        let lines: [StaticString] = [
            "OBJECT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
            "ENCODING <key>",
            "    Returns how Redis would keep a value of this size and shape.",
            "FREQ <key>",
            "    Is refused, because accesses are not counted.",
            "IDLETIME <key>",
            "    Returns 0, because the time of accesses is not kept.",
            "REFCOUNT <key>",
            "    Returns 1.",
            "HELP",
            "    Prints this help.",
        ]
        writer.array(lines.count)
        for line in lines { writer.simple(line) }
    }
}
