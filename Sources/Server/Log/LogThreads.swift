// The threads that touch files, so that no shard waits for a slow disk: one for each shard's log, which writes and syncs what
// the shard does not (`LogPace`), and one for the node, which reads for links that the backlog does not cover and keeps small
// files.

import Engine
import Primitives
import Replication
import ReplicationLog
import Sockets
import Synchronization

/// Carries out the jobs of a shard's log that the shard gives away. One has the log at a time: the shard, or a job here.
final class LogWriter: Sendable {
    private let queue = WorkQueue<Work>()
    private let thread: DedicatedThread

    private struct Work: Sendable {
        var job: LogJob
        var log: ReplicationLog
    }

    init(reports: Mailbox<LogReport>) throws(SocketError) {
        let queue = self.queue
        self.thread = try DedicatedThread(name: "log-writer") {
            while let list = queue.take() {
                for work in list { reports.post([LogReport(work.job, on: work.log)]) }
            }
        }
    }

    func carryOut(_ job: LogJob, on log: ReplicationLog) { self.queue.put(Work(job: job, log: log)) }

    /// Returns once everything that was given has been done.
    func stop() {
        self.queue.close()
        self.thread.join()
    }
}

/// Reads frames from logs, a chunk at a time.
final class LogReaders: Sendable {
    private enum Work: Sendable {
        case read(DiskRequest, Shard, ReplicationLog, through: Position, ChunkPool)
        case forget(link: UInt64)
        case save(name: String, [UInt8], Shard, ShardStore)
        case saveHistory(HistoryRecord, ShardStore, @Sendable (StorageError?) -> Void)
        case other(@Sendable () -> Void)
    }

    private let queue = WorkQueue<Work>()
    private let thread: DedicatedThread
    /// Bytes asked of the file system for links (`log_read_bytes`).
    let readBytes: ReadBytes

    final class ReadBytes: Sendable {
        let count = Atomic<Int>(0)
    }

    init() throws(SocketError) {
        let (queue, readBytes) = (self.queue, ReadBytes())
        self.readBytes = readBytes
        self.thread = try DedicatedThread(name: "log-reader") {
            var readers = LinkReaders()
            while let list = queue.take() {
                for work in list { Self.carryOut(work, &readers, readBytes) }
            }
        }
    }

    /// Reads for a link; the shard gets the answer as a `LinkEvent`.
    func read(
        _ request: DiskRequest,
        for shard: Shard,
        _ log: ReplicationLog,
        through limit: Position,
        _ pool: ChunkPool
    ) {
        self.queue.put(.read(request, shard, log, through: limit, pool))
    }

    /// Replaces a small file of a shard.
    func save(_ name: String, _ bytes: [UInt8], for shard: Shard, _ store: ShardStore) {
        self.queue.put(.save(name: name, bytes, shard, store))
    }

    /// Replaces `history.json`, and tells when the new one is safe.
    func save(_ history: HistoryRecord, in store: ShardStore, _ done: @escaping @Sendable (StorageError?) -> Void) {
        self.queue.put(.saveHistory(history, store, done))
    }

    /// Carries out other work that must not wait for dumps.
    func perform(_ work: @escaping @Sendable () -> Void) { self.queue.put(.other(work)) }

    func forget(link: UInt64) { self.queue.put(.forget(link: link)) }

    func stop() {
        self.queue.close()
        self.thread.join()
    }

    private static func carryOut(_ work: Work, _ readers: inout LinkReaders, _ readBytes: ReadBytes) {
        switch work {
        case .forget(let link): readers.forget(link)
        case .other(let work): work()
        case .save(let name, let bytes, let shard, let store):
            do throws(StorageError) {
                try store.files.replace(name, with: bytes)
            } catch {
                shard.linkEvents.post([.slotSaveFailed(error.description)])
            }
        case .saveHistory(let history, let store, let done):
            do throws(StorageError) {
                try store.files.replace(HistoryRecord.fileName, with: history.json)
                done(nil)
            } catch {
                done(error)
            }
        case .read(let request, let shard, let log, let limit, let pool):
            let (answer, asked) = readers.answer(request, from: log, through: limit, pool)
            readBytes.count.wrappingAdd(asked, ordering: .relaxed)
            shard.linkEvents.post([.read(request, answer)])
        }
    }
}
