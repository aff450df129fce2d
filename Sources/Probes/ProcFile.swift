// Reading the small text files under /proc and /sys, without Foundation: their size is unknown until they are read.

internal import Glibc

/// A text file that the kernel makes up at the moment of reading.
package enum ProcFile {
    /// The longest text that is taken; /proc/cpuinfo of a machine with very many processors is the largest read here.
    private static let limitBytes = 1 << 20

    /// The whole text, or nil when the file does not exist, may not be read, or its process is gone.
    package static func text(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 16 * 1024)
        while bytes.count < self.limitBytes {
            let count = read(descriptor, &piece, piece.count)
            if count < 0 { return nil }
            if count == 0 { break }
            bytes.append(contentsOf: piece[0..<count])
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The text behind `key` in lines of the form `Key: value`, without surrounding blanks.
    package static func value(of key: String, in text: String) -> String? {
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, Self.trimmed(parts[0]) == key else { continue }
            return Self.trimmed(parts[1])
        }
        return nil
    }

    /// Bytes behind `key`, where the kernel writes `Key:   123 kB`.
    package static func bytes(of key: String, in text: String) -> Int? {
        guard let number = Self.value(of: key, in: text)?.split(separator: " ").first else { return nil }
        return Int(number).map { $0 * 1024 }
    }

    /// `text` without blanks, tabs and line ends around it.
    static func trimmed(_ text: some StringProtocol) -> String {
        var bytes = Array(text.utf8)[...]
        while let last = bytes.last, last <= 32 { bytes.removeLast() }
        while let first = bytes.first, first <= 32 { bytes.removeFirst() }
        return String(decoding: bytes, as: UTF8.self)
    }
}
