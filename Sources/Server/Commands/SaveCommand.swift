// SAVE, BGSAVE, LASTSAVE and SHUTDOWN. Source: https://redis.io/docs/latest/commands/save/ and its neighbours. Where Redis stops
// for a SAVE, here only its own connection waits.

import Engine
import Keyspace
import NIOCore
import Primitives
import RESP

extension ClientConnection {
    private static let inProgress = "ERR Background save already in progress"

    func save(_ command: Command, _ writer: Writer) {
        guard command.count == 1 else { return self.refuse(CommandError.syntax, writer) }
        guard self.shard.log != nil else { return self.refuse("ERR \(DumpFailure.noDirectory)", writer) }
        self.wait(for: self.shard.node.saveAll(joins: false, on: self.shard.loop)) { outcome, writer in
            switch outcome {
            case .saved: writer.ok()
            case .busy: writer.error(Self.inProgress)
            case .failed(let reason): writer.error("ERR the data could not be saved: \(reason)")
            }
        }
    }

    func backgroundSave(_ command: Command, _ writer: Writer) {
        guard command.count == 1 || (command.count == 2 && command[1].equalsIgnoringCase("SCHEDULE")) else {
            return self.refuse(CommandError.syntax, writer)
        }
        guard self.shard.log != nil else { return self.refuse("ERR \(DumpFailure.noDirectory)", writer) }
        self.askAllShards { shard in
            guard !shard.dumps.isUnderWay else { return false }
            shard.saveDump()
            return true
        } answer: { begun, writer in
            if begun.contains(true) {
                writer.simple("Background saving started")
            } else {
                writer.error(Self.inProgress)
            }
        }
    }

    func lastSave(_ writer: Writer) {
        let startedAt = self.shard.node.startedAt
        self.askAllShards {
            $0.dumps.newest.savedAt ?? startedAt
        } answer: { times, writer in
            writer.integer((times.min() ?? startedAt) / 1000)
        }
    }

    /// SHUTDOWN [NOSAVE | SAVE] [NOW] [FORCE] [ABORT]. There is nobody to answer when it works.
    func shutdown(_ command: Command, _ writer: Writer) {
        var words: Set<String> = []
        for index in 1..<max(1, command.count) {
            let word = command[index].text.uppercased()
            guard ["NOSAVE", "SAVE", "NOW", "FORCE", "ABORT"].contains(word) else {
                return self.refuse(CommandError.syntax, writer)
            }
            words.insert(word)
        }
        guard !words.isSuperset(of: ["SAVE", "NOSAVE"]), !words.contains("ABORT") || words.count == 1 else {
            return self.refuse(CommandError.syntax, writer)
        }
        // It waits for nothing that could be called off.
        guard !words.contains("ABORT") else { return self.refuse("ERR No shutdown in progress.", writer) }
        let node = self.shard.node
        guard node.shutdown.isPossible else {
            return self.refuse("ERR this server does not let clients end it", writer)
        }
        guard self.shard.log != nil else {
            guard !words.contains("SAVE") || words.contains("FORCE") else {
                return self.refuse("ERR \(DumpFailure.noDirectory)", writer)
            }
            return node.shutdown.make(.nothing)
        }
        guard !words.contains("NOSAVE") else { return node.shutdown.make(.nothing) }
        let isForced = words.contains("FORCE")
        self.wait(for: node.saveAll(joins: true, on: self.shard.loop)) { outcome, writer in
            switch outcome {
            case .saved: node.shutdown.make(.nothing)
            case .busy, .failed:
                guard !isForced else { return node.shutdown.make(.nothing) }
                writer.error("ERR Errors trying to SHUTDOWN. Check logs.")
            }
        }
    }
}

/// What became of a save of all shards.
enum SaveOutcome: Sendable {
    case saved
    /// One was under way.
    case busy
    case failed(String)
}

extension Node {
    /// Saves every shard that has changed.
    /// - Parameter joins: whether to wait for the end of a save that is under way, and then save what has changed since.
    func saveAll(joins: Bool, on loop: any EventLoop) -> EventLoopFuture<SaveOutcome> {
        let futures = self.shards.map { shard in
            shard.loop.flatSubmit { () -> EventLoopFuture<SaveOutcome> in
                if shard.dumps.isUnderWay {
                    guard joins else { return shard.loop.makeSucceededFuture(.busy) }
                    return shard.saved().flatMap { _ in shard.saved() }
                }
                return shard.saved()
            }
        }
        return EventLoopFuture.whenAllSucceed(futures, on: loop).map { outcomes in
            for outcome in outcomes {
                switch outcome {
                case .saved: continue
                case .busy, .failed: return outcome
                }
            }
            return .saved
        }
    }
}

extension Shard {
    fileprivate func saved() -> EventLoopFuture<SaveOutcome> {
        let promise = self.loop.makePromise(of: SaveOutcome.self)
        self.saveDump { result in
            switch result {
            case .success: promise.succeed(.saved)
            case .failure(let failure): promise.succeed(.failed("\(failure)"))
            }
        }
        return promise.futureResult
    }
}
