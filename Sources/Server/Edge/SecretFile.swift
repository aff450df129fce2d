import FoundationEssentials

enum SecretFile {
    /// The bytes of a file without the blanks at its end, which an editor may have put there; nil where it cannot be read, or is
    /// longer than the limit.
    static func read(_ path: String, limit: Int) -> [UInt8]? {
        guard let data = try? Data(contentsOf: URL(filePath: path)), data.count <= limit else { return nil }
        let blanks: Set<UInt8> = [0x20, 0x0a, 0x0d, 0x09]
        let end = data.lastIndex { !blanks.contains($0) }.map { $0 + 1 } ?? data.startIndex
        return Array(data[..<end])
    }
}
