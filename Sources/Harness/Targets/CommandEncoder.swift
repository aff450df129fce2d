/// Commands as RESP arrays of bulk strings, for what is sent rarely: handshakes, acknowledgements, questions.
enum CommandEncoder {
    static func bytes(_ words: [String]) -> [UInt8] {
        var text = "*\(words.count)\r\n"
        for word in words { text += "$\(word.utf8.count)\r\n\(word)\r\n" }
        return Array(text.utf8)
    }
}
