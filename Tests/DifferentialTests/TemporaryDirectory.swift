import Glibc

/// A directory of a test's own, gone with it.
final class TemporaryDirectory {
    struct Failure: Error {
        var code: CInt
    }

    let path: String
    private var files: Set<String> = []

    init() throws {
        var template = Array("/tmp/sluice-XXXXXX\0".utf8CString)
        guard mkdtemp(&template) != nil else { throw Failure(code: errno) }
        self.path = String(decoding: template.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        for name in self.files { unlink("\(self.path)/\(name)") }
        rmdir(self.path)
    }

    func write(_ bytes: [UInt8], to name: String) throws {
        self.files.insert(name)
        guard let file = fopen("\(self.path)/\(name)", "w") else { throw Failure(code: errno) }
        defer { fclose(file) }
        guard fwrite(bytes, 1, bytes.count, file) == bytes.count else { throw Failure(code: errno) }
    }

    func read(_ name: String) throws -> [UInt8] {
        self.files.insert(name)
        guard let file = fopen("\(self.path)/\(name)", "r") else { throw Failure(code: errno) }
        defer { fclose(file) }
        fseek(file, 0, SEEK_END)
        var bytes = [UInt8](repeating: 0, count: ftell(file))
        rewind(file)
        guard fread(&bytes, 1, bytes.count, file) == bytes.count else { throw Failure(code: errno) }
        return bytes
    }
}
