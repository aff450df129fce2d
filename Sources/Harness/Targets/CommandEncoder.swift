/// Commands as RESP arrays of bulk strings, for what is sent rarely: handshakes, acknowledgements, questions.
enum CommandEncoder {
    static func bytes(_ words: [String]) -> [UInt8] {
        var text = "*\(words.count)\r\n"
        for word in words { text += "$\(word.utf8.count)\r\n\(word)\r\n" }
        return Array(text.utf8)
    }

    /// The same of words that may be any bytes.
    static func bytes(_ words: [[UInt8]]) -> [UInt8] {
        var bytes = Array("*\(words.count)\r\n".utf8)
        for word in words { bytes += Array("$\(word.count)\r\n".utf8) + word + [13, 10] }
        return bytes
    }
}
