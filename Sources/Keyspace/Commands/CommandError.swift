// Error texts that clients compare with Redis's; each has its code in front.

import Primitives
package import RESP

package enum CommandError {
    package static let syntax = "ERR syntax error"
    package static let notAnInteger = "ERR value is not an integer or out of range"
    package static let notAFloat = "ERR value is not a valid float"
    package static let overflow = "ERR increment or decrement would overflow"
    package static let noSuchKey = "ERR no such key"
    package static let tooLong = "ERR string exceeds maximum allowed size (proto-max-bulk-len)"
    static let notAnInt32 = "ERR value is out of range, must be between -2147483648 and 2147483647"
    static let notForShard = "ERR this command belongs to a connection and not to a shard"
    static let invalidDatabase = "ERR invalid DB index"
    static let sameObject = "ERR source and destination objects are the same"
    package static let invalidCursor = "ERR invalid cursor"
    package static let decrementOverflow = "ERR decrement would overflow"
    package static let notFinite = "ERR increment would produce NaN or Infinity"
    package static let offsetOutOfRange = "ERR offset is out of range"

    package static func invalidExpire(in name: String) -> String { "ERR invalid expire time in '\(name)' command" }

    package static func wrongArity(_ name: String) -> String {
        "ERR wrong number of arguments for '\(name.lowercased())' command"
    }

    package static func unknownSubcommand(_ command: Command) -> String {
        "ERR unknown subcommand '\(Self.excerpt(command[1], 128))'. Try \(command[0].text.uppercased()) HELP."
    }

    package static func unknown(_ command: Command) -> String {
        var text = "ERR unknown command '\(Self.excerpt(command[0], 128))', with args beginning with: "
        var room = 128
        for index in 1..<command.count {
            guard room > 0 else { break }
            text += "'\(Self.excerpt(command[index], room))' "
            // Quotes and blank count as well.
            room -= min(command[index].count, room) + 3
        }
        return text
    }

    private static func excerpt(_ bytes: Bytes, _ length: Int) -> String { Bytes(rebasing: bytes.prefix(length)).text }
}
