// A dump of a shard's data as it is written: beside the one that counts, whose place it takes in one step once it is whole and
// synced.

package import Primitives
package import ReplicationLog

/// Used by one thread at a time.
package final class DumpDraft {
    /// What a crash leaves of one; removed at the next start.
    package static let fileName = ShardFiles.dump + ".new"

    private let files: any LogStorage
    private let file: any StoredFileHandle
    package private(set) var bytes = 0

    /// Begins a dump in a shard's folder.
    package init(_ files: any LogStorage) throws(StorageError) {
        self.files = files
        self.file = try files.open(Self.fileName, create: true)
        try self.file.truncate(to: 0)
    }

    package func append(_ bytes: Bytes) throws(StorageError) {
        try self.file.writeAll(bytes, at: self.bytes)
        self.bytes += bytes.count
    }

    /// Makes it safe under its own name. What is left for `commit` does not depend on how long it is.
    package func sync() throws(StorageError) { try self.file.sync() }

    /// Takes the place of the dump that counts.
    package func commit() throws(StorageError) {
        try self.files.rename(Self.fileName, to: ShardFiles.dump)
        try self.files.syncDirectory()
    }

    package func abandon() throws(StorageError) { try self.files.remove(Self.fileName) }
}
