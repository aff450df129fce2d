// A snapshot on its way to the disk, to take the place of a shard's data: whoever receives it hands over its bytes as they come,
// and the node's file thread writes them into a folder beside the shard's.

import Engine
import NIOCore
import Primitives
import Replication
import ReplicationLog
import Synchronization

/// Used on the shard's loop, apart from what is said to run on the file thread.
final class StagedDump: @unchecked Sendable {
    /// Bytes that may wait to be written; a giver that finds it full waits for room.
    static let mostQueuedBytes = 4 << 20

    /// What is ready to take the place of a shard's data.
    struct Whole: Sendable {
        var files: any LogStorage
        var log: ReplicationLog
    }

    private let keeper: FileKeeper
    private let loop: any EventLoop
    private let queued = Atomic<Int>(0)
    private let isWaitedFor = Atomic<Bool>(false)
    /// Called on the loop once there is room again after `isFull` was seen.
    var onRoom: (() -> Void)?
    /// Nothing more is taken.
    private var isOver = false

    // On the file thread alone.
    private var staged: StagedShard?
    private var failure: LogError?

    init(_ keeper: FileKeeper, shard: Int, loop: any EventLoop) {
        self.keeper = keeper
        self.loop = loop
        keeper.run { [self] in
            do throws(StorageError) {
                self.staged = try StagedShard(keeper.directory.folders, shard: shard)
            } catch {
                self.failure = LogError(.storage, "the snapshot cannot be written", underlying: error)
            }
        }
    }

    /// Adds bytes of the dump. They are taken in any case; see `isFull`.
    func append(_ bytes: [UInt8]) {
        self.loop.preconditionInEventLoop()
        precondition(!self.isOver, "nothing comes after the end")
        guard !bytes.isEmpty else { return }
        self.queued.wrappingAdd(bytes.count, ordering: .relaxed)
        self.keeper.run { [self] in
            self.write(bytes)
            self.left(bytes.count)
        }
    }

    /// Whether the giver should wait until `onRoom` is called.
    var isFull: Bool {
        guard self.queued.load(ordering: .relaxed) > Self.mostQueuedBytes else { return false }
        self.isWaitedFor.store(true, ordering: .sequentiallyConsistent)
        // What was written in the meantime found nobody waiting.
        return self.queued.load(ordering: .sequentiallyConsistent) > Self.mostQueuedBytes / 2
    }

    /// Throws away what has been written.
    func discard() {
        guard !self.isOver else { return }
        self.isOver = true
        self.keeper.run { [self] in self.abandon() }
    }

    // MARK: For the shard

    /// Makes everything whole and safe.
    /// - Parameter done: called on the loop.
    func finish(
        _ history: HistoryRecord,
        position: Position,
        options: LogOptions,
        _ done: @escaping @Sendable (Result<Whole, LogError>) -> Void
    ) {
        precondition(!self.isOver, "a dump ends once")
        self.isOver = true
        self.keeper.run { [self] in
            let result = Result { () throws(LogError) in try self.made(history, position, options) }
            if case .failure = result { self.abandon() }
            self.loop.execute { done(result) }
        }
    }

    /// Takes the place of the shard's folder.
    /// - Parameter done: called on the loop, with what could not be tidied up.
    func commit(_ done: @escaping @Sendable (Result<StorageError?, StorageError>) -> Void) {
        self.keeper.run { [self] in
            guard let staged = self.staged else { preconditionFailure("only what is whole is committed") }
            let result = Result { () throws(StorageError) in try staged.commit() }
            if case .failure = result { self.abandon() }
            self.loop.execute { done(result) }
        }
    }

    /// Removes what it took the place of; a start would, too.
    func removeOld() {
        self.keeper.run { [self] in try? self.staged?.removeOld() }
    }

    // MARK: On the file thread

    private func write(_ bytes: [UInt8]) {
        guard self.failure == nil, let staged = self.staged else { return }
        let result = bytes.withUnsafeBytes { bytes in
            Result { () throws(StorageError) in try staged.append(bytes) }
        }
        guard case .failure(let error) = result else { return }
        self.failure = LogError(.storage, "the snapshot cannot be written", underlying: error)
        // What is there takes room that others may need.
        self.abandon()
    }

    private func left(_ count: Int) {
        let left = self.queued.wrappingSubtract(count, ordering: .sequentiallyConsistent).newValue
        guard left <= Self.mostQueuedBytes / 2, self.isWaitedFor.exchange(false, ordering: .sequentiallyConsistent)
        else { return }
        self.loop.execute { self.onRoom?() }
    }

    private func made(
        _ history: HistoryRecord,
        _ position: Position,
        _ options: LogOptions
    ) throws(LogError) -> Whole {
        if let failure = self.failure { throw failure }
        guard let staged = self.staged else { preconditionFailure("it has begun, or has failed") }
        let (files, log) = try staged.finish(history, position: position, options: options)
        return Whole(files: files, log: log)
    }

    private func abandon() {
        try? self.staged?.abandon()
        self.staged = nil
    }
}
