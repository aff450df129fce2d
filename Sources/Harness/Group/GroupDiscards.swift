// What members keep of the records that they gave up, read from their directories: another way to count than theirs.

import LogFiles
import Primitives
import RESP
import ReplicationLog

struct GroupDiscards {
    /// Folders that have been read, with the member's directory.
    private var known: Set<String> = []
    /// Records in them, all together.
    private(set) var records = 0
    /// Keys that they set.
    private(set) var keys: Set<String> = []

    /// Reads what has come since the last time.
    /// - Parameters:
    ///   - directory: of a member.
    ///   - shard: name of the shard's folder.
    mutating func read(_ directory: String, shard: String) throws(HarnessError) {
        do {
            for kept in try DiscardedRecords.all(of: shard, in: try FileFolders(directory)) {
                guard self.known.insert("\(directory)/\(kept.folder)").inserted else { continue }
                try self.read(kept, in: directory)
            }
        } catch let error as HarnessError {
            throw error
        } catch {
            throw HarnessError(.targetFailed, "what a member keeps of discarded records cannot be read: \(error)")
        }
    }

    private mutating func read(_ kept: DiscardedRecords, in directory: String) throws {
        var parser = CommandParser()
        var stranger: LSN?
        _ = try LogInspection(
            try FileStorage("\(directory)/\(kept.folder)/log"),
            records: { record in
                guard kept.records.contains(record.lsn) else { return }
                self.records += 1
                guard case .command = parser.next(in: record.payload), parser.current.count == 3 else {
                    stranger = record.lsn
                    return
                }
                self.keys.insert(parser.current[1].text)
                parser.advance()
            }
        )
        if let stranger { throw HarnessError(.targetFailed, "record \(stranger) in \(kept.folder) is no SET") }
    }
}
