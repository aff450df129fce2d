// The few things that the harness does with files: directories of its own, copies of a server's, and cuts in them.

import CLinux
import Glibc

enum FileTree {
    /// Makes a directory that nobody else uses, in `TMPDIR` or /tmp.
    static func makeTemporary(_ name: String) throws(HarnessError) -> String {
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(parent)/\(name)-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw HarnessError(
                .targetUnavailable,
                "cannot make a directory in \(parent); set TMPDIR to one that can be written"
            )
        }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    static func remove(_ path: String) { clinux_remove_tree(path) }

    /// The names in a directory, sorted.
    static func names(in path: String) throws(HarnessError) -> [String] {
        guard let directory = opendir(path) else { throw Self.failure("open", path) }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Copies a directory of files and directories to a path that does not exist yet.
    static func copy(_ source: String, to target: String) throws(HarnessError) {
        let names = try Self.names(in: source)
        guard mkdir(target, 0o700) == 0 else { throw Self.failure("make", target) }
        for name in names {
            let (from, to) = ("\(source)/\(name)", "\(target)/\(name)")
            var status = stat()
            guard lstat(from, &status) == 0 else { throw Self.failure("look at", from) }
            switch status.st_mode & S_IFMT {
            case S_IFDIR: try Self.copy(from, to: to)
            case S_IFREG: try Self.write(try Self.contents(of: from), to: to)
            default: break
            }
        }
    }

    static func contents(of path: String) throws(HarnessError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.failure("open", path) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Self.failure("look at", path) }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        var filled = 0
        while filled < bytes.count {
            let count = bytes.withUnsafeMutableBytes { buffer in
                read(descriptor, buffer.baseAddress.map { $0 + filled }, buffer.count - filled)
            }
            guard count > 0 else { throw Self.failure("read", path) }
            filled += count
        }
        return bytes
    }

    /// Writes a file that does not exist yet.
    static func write(_ bytes: [UInt8], to path: String) throws(HarnessError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.failure("make", path) }
        defer { close(descriptor) }
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.write(descriptor, buffer.baseAddress.map { $0 + written }, buffer.count - written)
            }
            guard count > 0 else { throw Self.failure("write", path) }
            written += count
        }
    }

    /// Cuts a file to so many bytes.
    static func cut(_ path: String, to size: Int) throws(HarnessError) {
        guard truncate(path, size) == 0 else { throw Self.failure("cut", path) }
    }

    private static func failure(_ verb: String, _ path: String) -> HarnessError {
        HarnessError(.targetUnavailable, "cannot \(verb) \(path): \(String(cString: strerror(errno)))")
    }
}
