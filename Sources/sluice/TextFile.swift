import Glibc

enum TextFile {
    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// The whole text of a file of at most 16 MiB; nil when it cannot be read.
    static func read(_ path: String) -> String? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 64 * 1024)
        while bytes.count < 16 << 20 {
            let count = fread(&block, 1, block.count, file)
            if count == 0 { break }
            bytes.append(contentsOf: block.prefix(count))
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
