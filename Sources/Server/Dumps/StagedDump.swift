// A snapshot on its way to the disk, to take the place of a shard's data: whoever receives it hands over its bytes as they
// come, and the node's file thread writes them into a folder beside the shard's.

import Engine
import NIOCore
import Primitives
import Replication
import ReplicationLog

extension StagedShard: SinkTarget {}

/// Used on the shard's loop.
final class StagedDump: Sendable {
    /// What is ready to take the place of a shard's data.
    struct Whole: Sendable {
        var files: any LogStorage
        var log: ReplicationLog
        var dumpBytes: Int
    }

    private let sink: FileSink<StagedShard>

    init(_ keeper: FileKeeper, shard: Int, loop: any EventLoop) {
        let folders = keeper.directory.folders
        self.sink = FileSink(keeper, loop: loop) { () throws(StorageError) in try StagedShard(folders, shard: shard) }
    }

    /// Called on the loop once there is room again after `isFull` was seen.
    var onRoom: (() -> Void)? {
        get { self.sink.onRoom }
        set { self.sink.onRoom = newValue }
    }

    /// Adds bytes of the dump. They are taken in any case; see `isFull`.
    func append(_ bytes: [UInt8]) { self.sink.append(bytes) }

    /// Whether the giver should wait until `onRoom` is called.
    var isFull: Bool { self.sink.isFull }

    /// Something could not be written, the disk may be full: the installation will say why.
    var hasFailed: Bool { self.sink.hasFailed }

    /// Throws away what has been written.
    func discard() { self.sink.discard() }

    // MARK: For the shard

    /// Makes everything whole and safe.
    /// - Parameter done: called on the loop.
    func finish(
        _ history: HistoryRecord,
        position: Position,
        options: LogOptions,
        _ done: @escaping @Sendable (Result<Whole, LogError>) -> Void
    ) {
        self.sink.end()
        self.sink.finish(
            { staged throws(LogError) in
                let (files, log) = try staged.finish(history, position: position, options: options)
                return Whole(files: files, log: log, dumpBytes: staged.dumpBytes)
            },
            done
        )
    }

    /// Takes the place of the shard's folder.
    /// - Parameter done: called on the loop, with what could not be tidied up.
    func commit(_ done: @escaping @Sendable (Result<StorageError?, LogError>) -> Void) {
        self.sink.finish(
            { staged throws(LogError) in
                try LogError.wrapping { () throws(StorageError) in try staged.commit() }
            },
            done
        )
    }

    /// Removes what it took the place of; a start would, too.
    func removeOld() {
        self.sink.finish({ staged throws(LogError) in try? staged.removeOld() }, { _ in })
    }

    /// Keeps records that nobody else has out of what it took the place of, and removes the rest.
    /// - Parameter done: called on the loop, with where they are.
    func keepOld(
        _ records: ClosedRange<LSN>,
        _ done: @escaping @Sendable (Result<DiscardedRecords?, LogError>) -> Void
    ) {
        self.sink.finish(
            { staged throws(LogError) in
                try LogError.wrapping { () throws(StorageError) in try staged.keepOld(records) }
            },
            done
        )
    }
}
