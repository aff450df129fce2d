// What a node keeps on disk:
//
//     <data-dir>/lock, node.json
//     <data-dir>/shard-<i>/history.json, slots.json
//     <data-dir>/shard-<i>/log/…
//     <data-dir>/shard-<i>.staged/…, shard-<i>.old/…     while a snapshot takes the place of the data (`FolderSwap`)
//
// One process at a time; another number of shards, or a newer format, is refused.

import Engine
import LogFiles
import Primitives
import ReplicationLog

struct DataDirectory: Sendable {
    let path: String
    /// What primaries call this node.
    let replicaID: String
    private let lock: DirectoryLock
    let root: FileStorage
    let folders: FileFolders

    /// - Parameter replicaID: where the directory has none yet.
    init(_ path: String, shards: Int, replicaID: String) throws(ServerError) {
        self.path = path
        do throws(StorageError) {
            self.root = try FileStorage(path)
            self.lock = try DirectoryLock(path)
            self.folders = try FileFolders(path)
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
        let name = ShardFiles.folder(ofShard: index)
        _ = try FolderSwap(name).repair(in: self.folders)
        let folder = "\(self.path)/\(name)"
        let shard = try FileStorage(folder)
        let log = try FileStorage("\(folder)/\(ShardFiles.log)")
        try self.root.syncDirectory()
        try shard.syncDirectory()
        return (shard, log)
    }
}
