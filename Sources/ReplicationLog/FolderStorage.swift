// What taking a folder's place needs of a disk: one directory of folders. The real one is in `LogFiles`, and the one that
// loses power in `Simulation`.

/// A directory of folders, each of which holds files, and may hold folders that hold files.
package protocol FolderStorage: AnyObject, Sendable {
    /// Names, in any order.
    func folders() throws(StorageError) -> [String]
    /// A folder's files; made, with what is above it, where it is missing. The entry is safe after `syncFolders`, or, below
    /// another folder, after that one's `syncDirectory`.
    /// - Parameter path: a name, or two with a slash between them.
    func folder(_ path: String) throws(StorageError) -> any LogStorage
    /// - Parameter target: the name of no folder.
    func renameFolder(_ name: String, to target: String) throws(StorageError)
    /// Removes a folder with everything in it.
    func removeFolder(_ name: String) throws(StorageError)
    /// Makes names of folders survive a loss of power.
    func syncFolders() throws(StorageError)
}
