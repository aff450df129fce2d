import Foundation

/// A data directory for one test, removed with everything in it.
final class DataFolder {
    struct Missing: Error {}

    let path: String

    init() throws {
        var template = Array("/tmp/sluice-server-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Missing() }
        self.path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self) + "/data"
    }

    deinit { try? FileManager.default.removeItem(atPath: String(self.path.dropLast("/data".count))) }

    /// The same files as they are now. Of a server that runs and is idle that is what a kill would leave.
    func copy() throws -> DataFolder {
        let copy = try DataFolder()
        try FileManager.default.copyItem(atPath: self.path, toPath: copy.path)
        return copy
    }

    /// Names of files, sorted.
    func files(in folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: self.path + "/" + folder).sorted()
    }

    /// Names of a shard's segments, the oldest first, from the data directory on.
    func segments(shard: Int = 0) throws -> [String] {
        try self.files(in: "shard-\(shard)/log").filter { $0.hasSuffix(".rdlw") }.map { "shard-\(shard)/log/\($0)" }
    }

    func read(_ name: String) throws -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: self.path + "/" + name) else { throw Missing() }
        return Array(data)
    }

    func write(_ name: String, _ bytes: [UInt8]) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: self.path + "/" + name))
    }

    func write(_ name: String, _ text: String) throws { try self.write(name, Array(text.utf8)) }

    /// Flips a bit.
    func damage(_ name: String, at offset: Int) throws {
        var bytes = try self.read(name)
        bytes[offset] ^= 1
        try self.write(name, bytes)
    }

    func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: self.path + "/" + name) }
}
