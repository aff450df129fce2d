// One folder takes the place of another, with everything in it, or does not: no crash leaves a mixture. Three names are in
// use:
//
//     shard-0          what counts
//     shard-0.staged   what is to take its place, whole and synced before anything is renamed
//     shard-0.old      what it takes the place of
//
// The first of two renames decides. While `shard-0` is there, whatever stands beside it is a leftover; when it is not,
// `.old` and `.staged` are both whole, and the second rename is made up for.

package import Primitives

package struct FolderSwap: Sendable {
    /// The folder that counts.
    package let name: String

    package var staged: String { self.name + ".staged" }
    package var old: String { self.name + ".old" }

    package init(_ name: String) { self.name = name }

    /// What a start found.
    package enum Repair: Equatable, Sendable {
        /// Nothing was under way.
        case none
        /// What was staged had not taken the old one's place, or had, and what it took the place of was still there.
        case removedLeftovers
        /// The staged folder was on its way, and is in its place now.
        case finished
        /// The old folder is in its place again.
        case restored
    }

    /// Brings a swap that was interrupted to its end. To be called before the folder is opened.
    package func repair(in root: any FolderStorage) throws(StorageError) -> Repair {
        let folders = Set(try root.folders())
        if folders.contains(self.name) {
            guard folders.contains(self.staged) || folders.contains(self.old) else { return .none }
            if folders.contains(self.staged) { try root.removeFolder(self.staged) }
            if folders.contains(self.old) { try root.removeFolder(self.old) }
            return .removedLeftovers
        }
        guard folders.contains(self.staged) || folders.contains(self.old) else { return .none }
        guard folders.contains(self.old) else {
            // No crash leaves this: somebody has moved or removed folders.
            throw StorageError(
                .missing,
                operation: "open",
                file: self.name,
                reason: "\(self.staged) is there without it: rename that to \(self.name) if it is whole, or remove it"
            )
        }
        guard folders.contains(self.staged) else {
            // A rename that was taken back, and whose taking back was lost.
            try root.renameFolder(self.old, to: self.name)
            try root.syncFolders()
            return .restored
        }
        try root.renameFolder(self.staged, to: self.name)
        try root.syncFolders()
        try root.removeFolder(self.old)
        return .finished
    }

    /// A new, empty folder to be filled. What was left there by an attempt before is gone.
    package func begin(in root: any FolderStorage) throws(StorageError) -> any LogStorage {
        _ = try self.repair(in: root)
        return try root.folder(self.staged)
    }

    /// Lets the staged folder take its place; every file in it, and its directories, are synced already.
    /// - Returns: what could not be tidied up, and will be at the next start.
    /// - Throws: when the folder that counts is still the old one.
    package func commit(in root: any FolderStorage) throws(StorageError) -> StorageError? {
        try root.syncFolders()
        if try root.folders().contains(self.old) { try root.removeFolder(self.old) }
        try root.renameFolder(self.name, to: self.old)
        do throws(StorageError) {
            try root.syncFolders()
        } catch {
            // Whether the first rename will last is unknown. Whoever goes on with the old folder needs it in its place.
            try root.renameFolder(self.old, to: self.name)
            throw error
        }
        do throws(StorageError) {
            try root.renameFolder(self.staged, to: self.name)
            try root.syncFolders()
            return nil
        } catch {
            // It is decided: a start makes up for the rest.
            return error
        }
    }

    /// Removes what was taken the place of. May take a file system seconds.
    package func removeOld(in root: any FolderStorage) throws(StorageError) {
        let folders = Set(try root.folders())
        guard folders.contains(self.name), folders.contains(self.old) else { return }
        try root.removeFolder(self.old)
    }

    /// The same for one that holds records nobody else has: it is kept aside.
    package func keepOld(
        _ records: ClosedRange<LSN>,
        logFolder: String,
        in root: any FolderStorage
    ) throws(StorageError) -> DiscardedRecords? {
        let folders = Set(try root.folders())
        guard folders.contains(self.name), folders.contains(self.old) else { return nil }
        return try DiscardedRecords.keep(self.old, logFolder: logFolder, records: records, of: self.name, in: root)
    }

    /// Throws away what was staged and not committed.
    package func abandon(in root: any FolderStorage) throws(StorageError) {
        let folders = Set(try root.folders())
        guard folders.contains(self.name), folders.contains(self.staged) else { return }
        try root.removeFolder(self.staged)
    }
}
