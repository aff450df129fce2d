// Bytes on their way from a shard to a file: the shard hands them over as they come, and the node's file thread writes them.
// What waits between the two is bounded, as long as the giver minds `isFull`.

import NIOCore
import Primitives
import ReplicationLog
import Synchronization

/// Used on the shard's loop, apart from what is said to run on the file thread.
final class FileSink<Target: SinkTarget>: @unchecked Sendable {
    /// Bytes that may wait to be written; a giver that finds it full waits for room.
    private static var mostQueuedBytes: Int { 4 << 20 }

    private let keeper: FileKeeper
    private let loop: any EventLoop
    private let queued = Atomic<Int>(0)
    private let isWaitedFor = Atomic<Bool>(false)
    private let failed = Atomic<Bool>(false)
    /// Called on the loop once there is room again after `isFull` was seen.
    var onRoom: (() -> Void)?
    /// Nothing more is taken.
    private var isOver = false

    // On the file thread alone.
    private var target: Target?
    private var failure: StorageError?

    /// - Parameter open: runs on the file thread.
    init(_ keeper: FileKeeper, loop: any EventLoop, open: @escaping @Sendable () throws(StorageError) -> Target) {
        self.keeper = keeper
        self.loop = loop
        keeper.run { [self] in
            do throws(StorageError) {
                self.target = try open()
            } catch {
                self.fail(error)
            }
        }
    }

    /// Adds bytes. They are taken in any case; see `isFull`.
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

    /// Something could not be written: going on is in vain, and ending tells why.
    var hasFailed: Bool { self.failed.load(ordering: .relaxed) }

    /// Throws away what has been written.
    func discard() {
        self.isOver = true
        self.keeper.run { [self] in self.abandon() }
    }

    /// No more bytes will come.
    func end() {
        precondition(!self.isOver, "a file ends once")
        self.isOver = true
    }

    /// Carries out what follows the last byte. Where that fails, or something before it has, all is thrown away.
    /// - Parameters:
    ///   - body: runs on the file thread.
    ///   - done: called on the loop.
    func finish<Value: Sendable>(
        _ body: @escaping @Sendable (Target) throws(LogError) -> Value,
        _ done: @escaping @Sendable (Result<Value, LogError>) -> Void
    ) {
        precondition(self.isOver, "first the bytes end")
        self.keeper.run { [self] in
            let result = self.result(body)
            if case .failure = result { self.abandon() }
            self.loop.execute { done(result) }
        }
    }

    // MARK: On the file thread

    private func result<Value>(_ body: (Target) throws(LogError) -> Value) -> Result<Value, LogError> {
        guard let target = self.target else {
            let error = self.failure ?? StorageError(.other, operation: "write", file: "", reason: "it was thrown away")
            return .failure(LogError(.storage, "a dump cannot be written", underlying: error))
        }
        return Result { () throws(LogError) in try body(target) }
    }

    private func write(_ bytes: [UInt8]) {
        guard let target = self.target else { return }
        let result = bytes.withUnsafeBytes { bytes in
            Result { () throws(StorageError) in try target.append(bytes) }
        }
        if case .failure(let error) = result { self.fail(error) }
    }

    private func fail(_ error: StorageError) {
        self.failure = error
        self.failed.store(true, ordering: .relaxed)
        // What is there takes room that others may need.
        self.abandon()
    }

    private func left(_ count: Int) {
        let left = self.queued.wrappingSubtract(count, ordering: .sequentiallyConsistent).newValue
        guard left <= Self.mostQueuedBytes / 2, self.isWaitedFor.exchange(false, ordering: .sequentiallyConsistent)
        else { return }
        self.loop.execute { self.onRoom?() }
    }

    private func abandon() {
        try? self.target?.abandon()
        self.target = nil
    }
}
