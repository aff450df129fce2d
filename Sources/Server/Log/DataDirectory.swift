// What a node keeps on disk:
//
//     <data-dir>/lock, node.json
//     <data-dir>/shard-<i>/history.json, slots.json
//     <data-dir>/shard-<i>/log/…
//
// One process at a time; another number of shards, or a newer format, is refused.

import LogFiles
import Primitives
import ReplicationLog

struct DataDirectory: Sendable {
    let path: String
    /// What primaries call this node.
    let replicaID: String
    private let lock: DirectoryLock
    private let root: FileStorage

    /// - Parameter replicaID: where the directory has none yet.
    init(_ path: String, shards: Int, replicaID: String) throws(ServerError) {
        self.path = path
        do throws(StorageError) {
            self.root = try FileStorage(path)
            self.lock = try DirectoryLock(path)
        } catch {
            throw ServerError(.dataDirectory, "cannot use the data directory \(path)", underlying: error)
        }
        do {
            guard let text = try self.root.contents(of: NodeFile.name) else {
                try self.root.replace(NodeFile.name, with: NodeFile(shards: shards, replicaID: replicaID).json)
                self.replicaID = replicaID
                return
            }
            var node = try NodeFile(json: text)
            guard node.shards == shards else {
                throw ServerError(
                    .dataDirectory,
                    "the data directory \(path) was written with --shards \(node.shards): start with that number"
                )
            }
            if let known = node.replicaID {
                self.replicaID = known
            } else {
                node.replicaID = replicaID
                try self.root.replace(NodeFile.name, with: node.json)
                self.replicaID = replicaID
            }
        } catch let error as ServerError {
            throw error
        } catch {
            throw ServerError(.dataDirectory, "cannot use the data directory \(path)", underlying: error)
        }
    }

    func storage(ofShard index: Int) throws(StorageError) -> (shard: FileStorage, log: FileStorage) {
        let folder = "\(self.path)/shard-\(index)"
        let shard = try FileStorage(folder)
        let log = try FileStorage(folder + "/log")
        try self.root.syncDirectory()
        try shard.syncDirectory()
        return (shard, log)
    }
}
