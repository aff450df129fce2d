// A directory of folders on a real file system. Folders are held open by what `folder` gives, so that they can be renamed
// while they are in use.

internal import Glibc
package import ReplicationLog

package final class FileFolders: FolderStorage {
    /// Only the owner may look at the data.
    private static let directoryMode: mode_t = 0o700

    private let path: String
    private let directory: Descriptor

    /// - Parameter path: a directory that is there.
    package init(_ path: String) throws(StorageError) {
        self.path = path
        self.directory = try Descriptor("open", path) { Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
    }

    package func folders() throws(StorageError) -> [String] {
        try Self.entries(of: self.directory.number, ".").filter(\.isFolder).map(\.name)
    }

    package func folder(_ path: String) throws(StorageError) -> any LogStorage {
        try FileStorage(self.path + "/" + path)
    }

    package func renameFolder(_ name: String, to target: String) throws(StorageError) {
        try uninterrupted("rename", name) { renameat(self.directory.number, name, self.directory.number, target) }
    }

    package func removeFolder(_ name: String) throws(StorageError) { try Self.remove(name, in: self.directory.number) }

    package func syncFolders() throws(StorageError) {
        try uninterrupted("fsync", self.path) { fsync(self.directory.number) }
    }

    /// Links are removed and never followed: nothing outside the folder is touched.
    private static func remove(_ name: String, in parent: CInt) throws(StorageError) {
        let folder = try Descriptor("open", name) {
            openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
        }
        for entry in try Self.entries(of: folder.number, name) {
            if entry.isFolder {
                try Self.remove(entry.name, in: folder.number)
            } else {
                try uninterrupted("unlink", entry.name) { unlinkat(folder.number, entry.name, 0) }
            }
        }
        try uninterrupted("rmdir", name) { unlinkat(parent, name, AT_REMOVEDIR) }
    }

    private static func entries(
        of descriptor: CInt,
        _ name: String
    ) throws(StorageError) -> [(name: String, isFolder: Bool)] {
        // A stream of its own, as in `FileStorage.list`.
        let copy = try uninterrupted("open", name) { openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        guard let stream = fdopendir(copy) else {
            let error = StorageError(errno: errno, operation: "fdopendir", file: name)
            close(copy)
            throw error
        }
        defer { closedir(stream) }
        var entries: [(name: String, isFolder: Bool)] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else { break }
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard name != ".", name != ".." else { continue }
            var facts = stat()
            guard fstatat(copy, name, &facts, AT_SYMLINK_NOFOLLOW) == 0 else {
                guard errno == ENOENT else { throw StorageError(errno: errno, operation: "fstatat", file: name) }
                continue
            }
            entries.append((name, facts.st_mode & S_IFMT == S_IFDIR))
        }
        guard errno == 0 else { throw StorageError(errno: errno, operation: "readdir", file: name) }
        return entries
    }
}
