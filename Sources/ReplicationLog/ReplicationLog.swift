// The durable record of one shard's mutations: segments of records, an index beside each sealed one, and a small manifest.
// This is the writing side, used by one thread at a time; readers on other threads find their way by `map`.
//
// Whatever fails leaves the log as it was, ready for the same call again: a short write is cut away, and after a failed sync
// everything that was not known to be safe is written once more, elsewhere, before any later sync counts.

package import Primitives

package struct LogOptions: Sendable {
    /// Bytes after which a segment is sealed.
    package var segmentBytes = 64 << 20
    /// Records per entry of the seek index.
    package var indexInterval = 64

    package init() {}
}

package final class ReplicationLog: @unchecked Sendable {
    package let storage: any LogStorage
    package let map = LogMap()
    package let options: LogOptions
    var manifest: Manifest
    var active: ActiveSegment
    /// Batches that are written and not known to be safe.
    private var unsynced: [LogBatch] = []
    private var released: [LogBatch] = []
    /// The batch whose appending failed, some of which may be in the files.
    private(set) var partial: LogBatch?
    /// A sync failed: the system may have dropped what it covered and still call the next one a success.
    private(set) var mustRewrite = false
    /// Everything up to here survives a loss of power.
    package private(set) var durable: Position
    package private(set) var syncCount = 0
    package private(set) var failedSyncCount = 0
    /// What is written is not expected to be read soon: the system need not keep it in memory once it is on disk. Whoever gets a
    /// long log in a short time would take memory for all of it. Segments are forgotten when they end, the active one by `uncache`.
    package var uncaches = false

    /// The segment that is being written.
    struct ActiveSegment {
        var file: any StoredFileHandle
        var first: LSN
        /// The last LSN of the log.
        var last: Position
        var bytes: Int
        var durableBytes: Int
        var lastTimestamp: Milliseconds
        var offsets: [Int]
        /// How long it was when the system was last told to forget it.
        var uncachedBytes = 0
        /// Its directory entry is safe.
        var isEntered: Bool
    }

    init(
        storage: any LogStorage,
        options: LogOptions,
        manifest: Manifest,
        sealed: [SegmentSummary],
        active: ActiveSegment
    ) {
        self.storage = storage
        self.options = options
        self.manifest = manifest
        self.active = active
        self.durable = active.last
        self.map.reset(sealed + [Self.summary(of: active, options)], durable: active.last)
    }

    /// The last LSN in the files.
    package var last: Position { self.active.last }

    /// Bytes that wait to be synced; they are held in memory until then.
    package var unsyncedBytes: Int { self.unsynced.reduce(0) { $0 + $1.used } }

    // MARK: Writing

    /// Writes a batch; it follows the last LSN. After an error call again with the same batch, and no other, until it is in.
    package func append(_ batch: LogBatch) throws(LogError) {
        precondition(!batch.isEmpty && (self.partial == nil || self.partial === batch), "one batch after the other")
        precondition(batch.indexInterval == self.options.indexInterval, "a batch is made for the log that takes it")
        self.partial = batch
        do throws(StorageError) {
            if self.mustRewrite { try self.rewrite() }
            try self.write(batch)
        } catch {
            throw LogError(error)
        }
        self.partial = nil
        self.unsynced.append(batch)
    }

    /// Makes everything that was written safe.
    package func sync() throws(LogError) {
        do throws(StorageError) {
            if self.mustRewrite { try self.rewrite() }
            try self.syncActive()
        } catch {
            throw LogError(error)
        }
    }

    /// Lets the system forget what of the active segment is on disk, a few megabytes at a time. What it has only begun to write
    /// stays until the next time.
    package func uncache() {
        guard self.active.bytes - self.active.uncachedBytes >= Self.uncachedAtOnce else { return }
        self.active.uncachedBytes = self.active.bytes
        self.active.file.uncache(0..<self.active.bytes)
    }

    private static let uncachedAtOnce = 4 << 20

    /// Batches that are safe by now, in order and as they were; whoever takes them empties them for their next use.
    package func takeReleased() -> [LogBatch] {
        defer { self.released = [] }
        return self.released
    }

    /// Writes what is left of a batch, going over to new segments at marked records.
    private func write(_ batch: LogBatch) throws(StorageError) {
        precondition(batch.lsn(at: batch.writtenBytes) == self.active.last + 1, "what is written follows the last LSN")
        while batch.writtenBytes < batch.used {
            let start = batch.writtenBytes
            let room = self.options.segmentBytes - self.active.bytes
            var end = batch.used
            if end - start > room {
                // Segments begin at marks, so that a batch need not be read to know where its records are.
                let mark = batch.marks.last { $0 > start && $0 - start <= room }
                if mark == nil, self.active.bytes > 0, start == 0 || batch.marks.contains(start) {
                    try self.roll(batch)
                    continue
                }
                end = mark ?? batch.marks.first { $0 > start } ?? batch.used
            }
            try self.writePart(batch, start..<end)
        }
    }

    private func writePart(_ batch: LogBatch, _ range: Range<Int>) throws(StorageError) {
        do throws(StorageError) {
            try self.active.file.writeAll(Bytes(rebasing: batch.bytes[range]), at: self.active.bytes)
        } catch {
            // What did arrive is cut away; if even that fails, the next write covers it, and a restart finds it torn.
            try? self.active.file.truncate(to: self.active.bytes)
            throw error
        }
        let firstMark = batch.firstMark
        let interval = UInt64(self.options.indexInterval)
        var last = batch.last
        var offsets: [Int] = []
        for (index, mark) in batch.marks.enumerated() {
            if range.contains(mark) { offsets.append(self.active.bytes + mark - range.lowerBound) }
            if mark == range.upperBound { last = firstMark + UInt64(index) * interval - 1 }
        }
        self.active.offsets += offsets
        self.active.bytes += range.count
        self.active.last = last
        self.active.lastTimestamp = batch.lastTimestamp
        batch.writtenBytes = range.upperBound
        let active = self.active
        self.map.updateActive { summary in
            summary.offsets?.append(contentsOf: offsets)
            summary.bytes = active.bytes
            summary.last = last
            summary.lastTimestamp = active.lastTimestamp
        }
    }

    // MARK: Syncing

    private func syncActive() throws(StorageError) {
        if self.active.bytes > self.active.durableBytes {
            self.syncCount += 1
            do throws(StorageError) {
                try self.active.file.sync()
            } catch {
                self.failedSyncCount += 1
                self.mustRewrite = true
                self.abandonTail()
                throw error
            }
        }
        try self.enter()
        // Bytes are only safe together with their file's name.
        self.active.durableBytes = self.active.bytes
        self.reachedDurable(self.active.last)
        self.released += self.unsynced
        self.unsynced.removeAll(keepingCapacity: true)
    }

    func reachedDurable(_ position: Position) {
        self.durable = position
        self.map.synced(through: position)
    }

    /// Makes the name of the active segment safe, and with it every earlier change of names.
    func enter() throws(StorageError) {
        guard !self.active.isEntered else { return }
        try self.storage.syncDirectory()
        self.active.isEntered = true
    }

    /// Seals the active segment and begins the next one. It is synced first: only the last segment can be torn.
    /// - Parameter batch: the one being written, part of which may be in the segment.
    func roll(_ batch: LogBatch? = nil, to next: LSN? = nil) throws(StorageError) {
        try self.syncActive()
        if self.uncaches { self.active.file.uncache(0..<self.active.bytes) }
        if let batch { batch.durableBytes = batch.writtenBytes }
        let file = try self.create(next ?? self.active.last + 1)
        self.seal()
        self.begin(next ?? self.active.last + 1, file)
    }

    private func create(_ first: LSN) throws(StorageError) -> any StoredFileHandle {
        let file = try self.storage.open(SegmentName.log(first), create: true)
        // A leftover of an attempt that failed half-way.
        try file.truncate(to: 0)
        return file
    }

    /// Writes the index of the segment that was active. Without room for it the offsets stay in memory.
    private func seal() {
        let active = self.active
        let index = SegmentIndex(
            interval: self.options.indexInterval,
            first: active.first,
            last: active.last,
            segmentBytes: active.bytes,
            lastTimestamp: active.lastTimestamp,
            offsets: active.offsets
        )
        if Self.writeIndex(index, self.storage) { self.map.updateActive { $0.offsets = nil } }
    }

    static func writeIndex(_ index: SegmentIndex, _ storage: any LogStorage) -> Bool {
        do throws(StorageError) {
            let file = try storage.open(SegmentName.index(index.first), create: true)
            try file.truncate(to: 0)
            try file.writeAll(index.encoded, at: 0)
            return true
        } catch {
            return false
        }
    }

    func begin(_ first: LSN, _ file: any StoredFileHandle) {
        self.active = ActiveSegment(
            file: file,
            first: first,
            last: first - 1,
            bytes: 0,
            durableBytes: 0,
            lastTimestamp: self.active.lastTimestamp,
            offsets: [],
            isEntered: false
        )
        self.map.began(Self.summary(of: self.active, self.options))
    }

    static func summary(of active: ActiveSegment, _ options: LogOptions) -> SegmentSummary {
        SegmentSummary(
            first: active.first,
            last: active.last,
            bytes: active.bytes,
            lastTimestamp: active.lastTimestamp,
            interval: options.indexInterval,
            offsets: active.offsets
        )
    }

    // MARK: After a failed sync

    /// Takes what is not durable out of the active segment. The system may still show it, and never write it: a process
    /// that opens the file later must not take it for safe.
    private func abandonTail() {
        let bytes = self.active.durableBytes
        self.active.offsets.removeAll { $0 >= bytes }
        self.active.bytes = bytes
        self.active.last = max(self.durable, self.active.first - 1)
        let active = self.active
        self.map.updateActive { summary in
            summary.offsets = active.offsets
            summary.bytes = active.bytes
            summary.last = active.last
        }
        try? active.file.truncate(to: active.bytes)
    }

    /// Gives the segment up from its last durable byte on, begins a new one there, and writes everything since once more.
    func rewrite() throws(StorageError) {
        self.abandonTail()
        let from = self.active.last + 1
        if self.active.durableBytes == 0 {
            let file = try self.replaceActive()
            self.map.removedLast()
            self.begin(from, file)
        } else {
            var manifest = self.manifest
            manifest.cut(self.active.first, to: self.active.durableBytes)
            try self.storage.replace(Manifest.fileName, with: manifest.json)
            self.manifest = manifest
            let file = try self.create(from)
            self.seal()
            self.begin(from, file)
        }
        self.partial?.rewind()
        let batches = self.unsynced
        for batch in batches { batch.rewind() }
        // Going over to a new segment releases what is safe by then, and must not find there what is yet to be written.
        self.unsynced = []
        for (index, batch) in batches.enumerated() {
            do throws(StorageError) {
                try self.write(batch)
            } catch {
                self.unsynced += batches[index...]
                throw error
            }
            self.unsynced.append(batch)
        }
        self.mustRewrite = false
    }

    /// A file of the active segment's name with nothing in it. It takes the old one's place in one step: there is always a
    /// segment to tell the last LSN, even when all others have been pruned.
    private func replaceActive() throws(StorageError) -> any StoredFileHandle {
        let name = SegmentName.log(self.active.first)
        let file = try self.storage.open(name + ".new", create: true)
        try file.truncate(to: 0)
        try self.storage.rename(name + ".new", to: name)
        return file
    }
}
