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
    package static let offsetOutOfRange = "ERR offset is out of range"

    package static func invalidExpire(in name: String) -> String { "ERR invalid expire time in '\(name)' command" }

    package static func wrongArity(_ name: String) -> String {
        "ERR wrong number of arguments for '\(name.lowercased())' command"
    }

    package static func unknown(_ command: Command) -> String {
        var text = "ERR unknown command '\(Self.excerpt(command[0], 128))', with args beginning with: "
        var room = 128
        for index in 1..<max(1, command.count) where room > 0 {
            let argument = Self.excerpt(command[index], room)
            text += "'\(argument)' "
            room -= argument.utf8.count
        }
        return text
    }

    private static func excerpt(_ bytes: Bytes, _ length: Int) -> String { Bytes(rebasing: bytes.prefix(length)).text }
}
