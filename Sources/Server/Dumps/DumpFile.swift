// The newest dump of a shard, as a start finds it.

import Engine
import Logging
import Primitives
import Replication
import ReplicationLog
import Sockets

/// Why a shard's data cannot be brought back.
struct RecoveryError: Error, CustomStringConvertible {
    var description: String

    static func noDump(oldest: Position) -> RecoveryError {
        RecoveryError(
            description: "the log begins after position \(oldest), and there is no \(ShardFiles.dump) to begin with:"
                + " restore it from a copy of the directory"
        )
    }

    static func gap(dump: Position, oldest: Position) -> RecoveryError {
        RecoveryError(
            description: "\(ShardFiles.dump) ends at position \(dump), and the log begins after \(oldest):"
                + " restore both from one copy of the directory"
        )
    }

    static func foreignDump(history: History, position: Position) -> RecoveryError {
        RecoveryError(
            description: "\(ShardFiles.dump) holds position \(position) of the history \(history.hex), which"
                + " \(HistoryRecord.fileName) does not know: restore both from one copy of the directory"
        )
    }

    static let otherProgram = RecoveryError(
        description: "\(ShardFiles.dump) was written by another program: move it away, and load it with --load-rdb"
    )

    static func damaged(_ damage: SnapshotError, oldest: Position) -> RecoveryError {
        RecoveryError(
            description: "\(ShardFiles.dump) is damaged: \(damage). The log cannot make up for it, for it begins after"
                + " position \(oldest): restore the file from a copy of the directory, or empty the directory and let the"
                + " node copy a replica"
        )
    }
}

struct DumpFile {
    /// nil where it is damaged.
    var snapshot: LoadedSnapshot?
    var damage: SnapshotError?
    var record: DumpRecord

    /// Bytes that are read at once.
    private static let pieceBytes = 256 << 10

    /// Reads a shard's dump; nil where there is none.
    static func read(
        _ files: any LogStorage,
        shard: Int,
        seed: UInt64,
        _ logger: Logger
    ) throws -> DumpFile? {
        let file: any StoredFileHandle
        do throws(StorageError) {
            file = try files.open(ShardFiles.dump, create: false)
        } catch {
            guard error.code == .missing else { throw error }
            return nil
        }
        let beganAt = Clocks.monotonicNanoseconds
        let bytes = try file.size()
        do {
            let snapshot = try Self.load(file, SnapshotLoader(seed: seed))
            guard let position = snapshot.position, !snapshot.isForeign else { throw RecoveryError.otherProgram }
            logger.notice(
                "loaded a dump",
                metadata: [
                    "shard": "\(shard)", "position": "\(position)", "keys": "\(snapshot.keyCount)", "bytes": "\(bytes)",
                    "milliseconds": "\((Clocks.monotonicNanoseconds - beganAt) / 1_000_000)",
                ]
            )
            let record = DumpRecord(position: position, bytes: bytes, savedAt: snapshot.facts.time)
            return DumpFile(snapshot: snapshot, damage: nil, record: record)
        } catch let error as SnapshotError {
            return DumpFile(snapshot: nil, damage: error, record: DumpRecord())
        }
    }

    /// Loads a whole file.
    /// - Throws: `SnapshotError` for what is wrong with it, `StorageError` where it cannot be read.
    static func load(_ file: any StoredFileHandle, _ loader: SnapshotLoader) throws -> LoadedSnapshot {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.pieceBytes, alignment: 16)
        defer { buffer.deallocate() }
        var offset = 0
        while true {
            let count = try file.read(at: offset, into: buffer)
            guard count > 0 else { break }
            try loader.load(Bytes(rebasing: Bytes(buffer).prefix(count)))
            offset += count
        }
        return try loader.finish()
    }

    /// Puts a damaged dump out of the way where the log has everything since the beginning.
    static func setAside(
        _ files: any LogStorage,
        _ log: ReplicationLog,
        _ damage: SnapshotError,
        _ shard: Int,
        _ logger: Logger
    ) throws {
        guard log.map.oldest == 0, log.last > 0 else { throw RecoveryError.damaged(damage, oldest: log.map.oldest) }
        let aside = "\(ShardFiles.dump).corrupt-\(WallClock.milliseconds)"
        try files.rename(ShardFiles.dump, to: aside)
        try files.syncDirectory()
        logger.warning(
            "the dump is damaged and was set aside: the log, which is whole, is replayed instead",
            metadata: ["shard": "\(shard)", "file": "\(aside)", "reason": "\(damage)"]
        )
    }
}
