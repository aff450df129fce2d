// Records that a node gave up because its group's leader does not have them, though they may have been acknowledged: the nearest
// policy promises no more. The log that held them is kept beside the shard's folder, for whoever wants to know what was lost:
//
//     shard-0.discarded-3.101-250/log/…      the third time: LSNs 101 to 250
//
// Of the log only the segments with those records are kept, and of each shard only the newest few such folders.

package import Primitives

package struct DiscardedRecords: Equatable, Sendable {
    /// Folders of one shard.
    package static let mostKept = 8

    /// Of the shard's own folder.
    package let shard: String
    /// Counts from 1.
    package let number: Int
    package let records: ClosedRange<LSN>

    private static let infix = ".discarded-"

    package var folder: String {
        "\(self.shard)\(Self.infix)\(self.number).\(self.records.lowerBound)-\(self.records.upperBound)"
    }

    private init(shard: String, number: Int, records: ClosedRange<LSN>) {
        self.shard = shard
        self.number = number
        self.records = records
    }

    /// Reads the name of a folder; nil for any other.
    package init?(folder: String) {
        guard let dot = folder.firstIndex(of: "."), folder[dot...].hasPrefix(Self.infix) else { return nil }
        let parts = folder[dot...].dropFirst(Self.infix.count).split(
            omittingEmptySubsequences: false,
            whereSeparator: { $0 == "." || $0 == "-" }
        )
        guard parts.count == 3, let number = Int(parts[0]), let first = LSN(parts[1]), let last = LSN(parts[2]),
            number > 0, first > 0, first <= last
        else { return nil }
        self.init(shard: String(folder[..<dot]), number: number, records: first...last)
        guard self.folder == folder else { return nil }
    }

    /// What is kept of a shard, the oldest first.
    package static func all(
        of shard: String,
        in root: any FolderStorage
    ) throws(StorageError) -> [DiscardedRecords] {
        try root.folders().compactMap(Self.init(folder:)).filter { $0.shard == shard }.sorted { $0.number < $1.number }
    }

    /// Keeps what another folder has taken the place of, under a name of its own, and lets go of the oldest.
    /// - Parameters:
    ///   - logFolder: where the log is, below the folder.
    ///   - records: those that are discarded.
    static func keep(
        _ old: String,
        logFolder: String,
        records: ClosedRange<LSN>,
        of shard: String,
        in root: any FolderStorage
    ) throws(StorageError) -> DiscardedRecords {
        let before = try Self.all(of: shard, in: root)
        let kept = DiscardedRecords(shard: shard, number: (before.last?.number ?? 0) + 1, records: records)
        let files = try root.folder(old)
        for file in try files.list() { try files.remove(file.name) }
        let log = try root.folder(old + "/" + logFolder)
        let firsts = try log.list().compactMap { SegmentName.first(ofLog: $0.name) }.sorted()
        for (first, next) in zip(firsts, firsts.dropFirst()) where next <= records.lowerBound {
            try log.remove(SegmentName.log(first))
            // A segment may stand without an index.
            try? log.remove(SegmentName.index(first))
        }
        // Last, so that nobody finds half of it. A start in between removes it, as it does what was not renamed.
        try root.renameFolder(old, to: kept.folder)
        try root.syncFolders()
        for folder in before.dropLast(Self.mostKept - 1) { try root.removeFolder(folder.folder) }
        return kept
    }
}
