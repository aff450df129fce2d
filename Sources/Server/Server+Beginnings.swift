// What the shards of a node begin with: what each has on disk, or the file of `--load-rdb`. Each shard on a thread of its own.

import Channels
import Engine
import Logging
import NIOCore
import Primitives
import Replication
import ReplicationLog
import Sockets
import Synchronization

extension Server {
    static func beginnings(
        in directory: DataDirectory?,
        _ options: ServerOptions,
        _ logger: Logger,
        _ generator: inout SystemRandomNumberGenerator
    ) throws(ServerError) -> [ShardBeginning] {
        let beginnings: [ShardBeginning]
        if let directory {
            try directory.undoForeignLoad(logger)
            let fresh = (0..<options.shards).map { _ in History(using: &generator) }
            let seeds = (0..<options.shards).map { _ in generator.next() }
            beginnings = try Self.forEachShard(options.shards) { shard throws(ServerError) in
                try Self.open(directory, shard, options, fresh: fresh[shard], seed: seeds[shard], logger)
            }
        } else {
            beginnings = Array(repeating: ShardBeginning(), count: options.shards)
        }
        guard let path = options.loadRDB else { return beginnings }
        guard beginnings.allSatisfy({ $0.tip == 0 && $0.loaded == nil }) else {
            throw ServerError(
                .loadRDB,
                "--load-rdb is for a node without data, and the data directory has some: start without it, or give another"
                    + " --data-dir"
            )
        }
        try directory?.beginForeignLoad()
        let fresh = (0..<options.shards).map { _ in History(using: &generator) }
        let seeds = (0..<options.shards).map { _ in generator.next() }
        let opened = beginnings
        do throws(ServerError) {
            return try Self.forEachShard(options.shards) { shard throws(ServerError) in
                let load = ForeignLoad(path: path, shard: shard, shards: options.shards, seed: seeds[shard])
                return try load.run(into: opened[shard], fresh[shard], options, logger)
            }
        } catch {
            // The next start would, too.
            try? directory?.undoForeignLoad(logger)
            throw error
        }
    }

    private static func open(
        _ directory: DataDirectory,
        _ shard: Int,
        _ options: ServerOptions,
        fresh: History,
        seed: UInt64,
        _ logger: Logger
    ) throws(ServerError) -> ShardBeginning {
        let beganAt = Clocks.monotonicNanoseconds
        let (store, loaded) = try ShardStore.open(
            directory,
            shard: shard,
            options: options,
            fresh: fresh,
            seed: seed,
            logger: logger
        )
        if let cut = store.recovery.cut {
            logger.warning(
                "the log's end was torn and has been cut",
                metadata: [
                    "shard": "\(shard)", "segment": "\(cut.segment)", "offset": "\(cut.offset)",
                    "bytes": "\(cut.bytes)", "reason": "\(cut.reason.rawValue)", "records": "\(cut.recordsKept)",
                ]
            )
        }
        logger.info(
            "opened the log",
            metadata: [
                "shard": "\(shard)", "segments": "\(store.recovery.segments)", "bytes": "\(store.recovery.bytes)",
                "indexes made again": "\(store.recovery.rebuiltIndexes)",
                "milliseconds": "\((Clocks.monotonicNanoseconds - beganAt) / 1_000_000)",
            ]
        )
        var beginning = ShardBeginning(store: store, loaded: loaded)
        beginning.group = try Self.groupFile(directory, shard, options, beginning)
        return beginning
    }

    /// What a shard has promised its group.
    private static func groupFile(
        _ directory: DataDirectory,
        _ shard: Int,
        _ options: ServerOptions,
        _ beginning: ShardBeginning
    ) throws(ServerError) -> GroupFile? {
        let text: [UInt8]?
        do throws(StorageError) {
            text = try directory.root.contents(of: GroupFile.name(ofShard: shard))
        } catch {
            throw ServerError(.dataDirectory, "cannot read what shard \(shard) promised its group", underlying: error)
        }
        guard options.group.isEnabled else {
            guard text == nil else {
                throw ServerError(
                    .dataDirectory,
                    "the data directory is that of a member of a group: start with its --group and --node-id"
                )
            }
            return nil
        }
        guard let text else {
            guard beginning.tip == 0 else {
                throw ServerError(
                    .dataDirectory,
                    "the data directory is that of a node without a group: a member begins with an empty one"
                )
            }
            let fresh = GroupFile(election: options.group.election)
            // Before the first record, or a member that is killed early could not come back.
            do throws(StorageError) {
                try directory.root.replace(GroupFile.name(ofShard: shard), with: fresh.json)
            } catch {
                throw ServerError(
                    .dataDirectory,
                    "cannot write what shard \(shard) promises its group",
                    underlying: error
                )
            }
            return fresh
        }
        let file: GroupFile
        do throws(GroupFile.Malformed) {
            file = try GroupFile(json: text)
        } catch {
            throw ServerError(.dataDirectory, "shard \(shard) cannot join its group", underlying: error)
        }
        guard file.election == options.group.election else {
            throw ServerError(
                .dataDirectory,
                "the data directory was written under --election \(file.election.rawValue): start with that policy"
            )
        }
        return file
    }

    /// Runs a body for every shard, each on a thread of its own where there are several.
    /// - Throws: the first failure, in the order of the shards, once all have ended.
    private static func forEachShard(
        _ count: Int,
        _ body: @escaping @Sendable (Int) throws(ServerError) -> ShardBeginning
    ) throws(ServerError) -> [ShardBeginning] {
        guard count > 1 else { return [try body(0)] }
        let results = ShardResults(count)
        var threads: [DedicatedThread] = []
        defer { for thread in threads { thread.join() } }
        do throws(SocketError) {
            for shard in 0..<count {
                threads.append(
                    try DedicatedThread(name: "recovery") {
                        results.set(Result { () throws(ServerError) in try body(shard) }, of: shard)
                    }
                )
            }
        } catch {
            throw ServerError(.resources, "cannot start the threads that bring the data back", underlying: error)
        }
        for thread in threads { thread.join() }
        threads.removeAll()
        return try results.all()
    }
}

/// What several threads have brought.
private final class ShardResults: Sendable {
    private let results: Mutex<[Result<ShardBeginning, ServerError>?]>

    init(_ count: Int) { self.results = Mutex(Array(repeating: nil, count: count)) }

    func set(_ result: Result<ShardBeginning, ServerError>, of shard: Int) {
        self.results.withLock { $0[shard] = result }
    }

    func all() throws(ServerError) -> [ShardBeginning] {
        var list: [ShardBeginning] = []
        for result in self.results.withLock({ $0 }) {
            guard let result else { preconditionFailure("every thread leaves its result") }
            list.append(try result.get())
        }
        return list
    }
}
