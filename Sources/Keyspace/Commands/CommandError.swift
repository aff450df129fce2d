// Error texts that clients compare with Redis's; each has its code in front.

import Primitives
package import RESP

package enum CommandError {
    package static let syntax = "ERR syntax error"
    package static let wrongType = "WRONGTYPE Operation against a key holding the wrong kind of value"
    package static let notAnInteger = "ERR value is not an integer or out of range"
    package static let notAFloat = "ERR value is not a valid float"
    package static let overflow = "ERR increment or decrement would overflow"
    package static let noSuchKey = "ERR no such key"
    package static let tooLong = "ERR string exceeds maximum allowed size (proto-max-bulk-len)"
    static let notAnInt32 = "ERR value is out of range, value must between -2147483648 and 2147483647"
    package static let notForShard = "ERR this command belongs to a connection and not to a shard"
    static let invalidDatabase = "ERR DB index is out of range"
    static let sameObject = "ERR source and destination objects are the same"
    package static let invalidCursor = "ERR invalid cursor"
    package static let decrementOverflow = "ERR decrement would overflow"
    package static let notFinite = "ERR increment would produce NaN or Infinity"
    package static let offsetOutOfRange = "ERR offset is out of range"

    package static func invalidExpire(in name: String) -> String { "ERR invalid expire time in '\(name)' command" }

    package static func wrongArity(_ name: String) -> String {
        "ERR wrong number of arguments for '\(name.lowercased())' command"
    }

    // What a client sent goes back byte for byte, UTF-8 or not, but as a C string: up to the first zero byte.

    package static func unknownSubcommand(_ command: Command) -> [UInt8] {
        Array("ERR unknown subcommand '".utf8) + Self.excerpt(command[1], 128)
            + Array("'. Try \(command[0].text.uppercased()) HELP.".utf8)
    }

    package static func unknown(_ command: Command) -> String {
        String(decoding: self.unknownQuoted(command), as: UTF8.self)
    }

    package static func unknownQuoted(_ command: Command) -> [UInt8] {
        var text = Array("ERR unknown command '".utf8) + Self.excerpt(command[0], 128)
        text += Array("', with args beginning with: ".utf8)
        var room = 128
        for index in 1..<command.count {
            guard room > 0 else { break }
            let argument = Self.excerpt(command[index], room)
            text += [UInt8(ascii: "'")] + argument + [UInt8(ascii: "'"), UInt8(ascii: " ")]
            // Quotes and blank count as well.
            room -= argument.count + 3
        }
        return text
    }

    static func unsupportedOption(_ word: Bytes) -> [UInt8] {
        Array("ERR Unsupported option ".utf8) + Self.excerpt(word, .max)
    }

    private static func excerpt(_ bytes: Bytes, _ length: Int) -> [UInt8] {
        Array(bytes.prefix(length).prefix { $0 != 0 })
    }
}
