// Reading one's own writes on another node: REPL.TOKEN tells what a connection has written, REPL.WAIT waits until a node has
// applied that much.

import Engine
import Keyspace
import NIOCore
import Primitives
import RESP
import Replication

/// A place in a shard's stream that a client wants to be reached.
struct StreamPlace: Sendable {
    var history: History
    var position: Position
}

/// How waiting for one ended.
enum PlaceOutcome: Sendable {
    case reached
    /// Another stream, or one that this node left before.
    case foreign(History)
    case timedOut(Position)
    case stopped
}

/// Who waits for a place.
struct PlaceWait {
    var place: StreamPlace
    var deadline: Milliseconds?
    var done: (PlaceOutcome) -> Void
}

extension Shard {
    /// Waits until a place has been applied here.
    /// - Parameters:
    ///   - client: the client's number; it waits for one place at a time.
    ///   - timeout: milliseconds; 0 waits for ever.
    func reach(_ place: StreamPlace, by client: Int64, timeout: Milliseconds) -> EventLoopFuture<PlaceOutcome> {
        if let outcome = self.outcome(of: place, self.board.summary) { return self.loop.makeSucceededFuture(outcome) }
        let promise = self.loop.makePromise(of: PlaceOutcome.self)
        let deadline = timeout == 0 ? nil : WallClock.milliseconds + timeout
        self.placeWaits[client] = PlaceWait(place: place, deadline: deadline) { promise.succeed($0) }
        if timeout > 0 {
            // A tenth of a second is what the shard's own clock would give away.
            self.loop.scheduleTask(in: .milliseconds(min(timeout, 3_600_000))) { self.finishPlaceWaits() }
        }
        return promise.futureResult
    }

    /// nil as long as there is something to wait for.
    private func outcome(of place: StreamPlace, _ summary: StreamSummary) -> PlaceOutcome? {
        if place.position == 0 { return .reached }
        if place.history == summary.history { return self.engine.tip >= place.position ? .reached : nil }
        // What an ancestor numbered before it was left is ours, and applied.
        let isKnown = summary.ancestors.contains { $0.history == place.history && $0.left >= place.position }
        guard isKnown else { return .foreign(summary.history) }
        return self.engine.tip >= place.position ? .reached : nil
    }

    /// Wakes those whose place has been reached or whose time is over.
    func finishPlaceWaits() {
        guard !self.placeWaits.isEmpty else { return }
        let (now, summary) = (WallClock.milliseconds, self.board.summary)
        for (client, wait) in self.placeWaits {
            var outcome = self.outcome(of: wait.place, summary)
            if outcome == nil, let deadline = wait.deadline, deadline <= now { outcome = .timedOut(self.engine.tip) }
            guard let outcome else { continue }
            self.placeWaits[client] = nil
            wait.done(outcome)
        }
    }

    /// The client is gone, or the shard has ended (nil: everybody).
    func cancelPlaceWait(of client: Int64?) {
        for number in client.map({ [$0] }) ?? Array(self.placeWaits.keys) {
            self.placeWaits.removeValue(forKey: number)?.done(.stopped)
        }
    }
}

extension ClientConnection {
    /// REPL.TOKEN: for every shard its history, and the position after this connection's last write there (0: none). The
    /// answer's words are what REPL.WAIT takes.
    func token() {
        let written = Dictionary(self.session.lastWrites.all.map { ($0.shard, $0.position) }) { $1 }
        self.askAllShards {
            $0.engine.stream.history
        } answer: { histories, writer in
            writer.array(2 * histories.count)
            for (shard, history) in histories.enumerated() {
                writer.bulk(history.hex)
                writer.integer(Int64(clamping: written[shard] ?? 0))
            }
        }
    }

    /// REPL.WAIT <history> <position> … [TIMEOUT <ms>], a pair for every shard.
    func waitForPlaces(_ command: Command, _ writer: Writer) {
        let shards = self.shard.node.shards
        var timeout: Milliseconds = 0
        var count = command.count - 1
        if count > 2, command[count - 1].equalsIgnoringCase("TIMEOUT") {
            guard let given = self.timeout(command[count], writer) else { return }
            timeout = given
            count -= 2
        }
        guard count == 2 * shards.count else {
            return self.refuse(
                "ERR REPL.WAIT takes a history and a position for each of the \(shards.count) shards of this node",
                writer
            )
        }
        var places: [StreamPlace] = []
        for index in stride(from: 1, to: count, by: 2) {
            guard let history = History(hex: command[index]) else {
                return self.refuse("ERR a history is forty hex digits", writer)
            }
            guard let number = Decimal.read(command[index + 1]), let position = Position(exactly: number) else {
                return self.refuse("ERR a position is a number that is not negative", writer)
            }
            places.append(StreamPlace(history: history, position: position))
        }
        self.wait(for: places, on: shards, timeout: timeout)
    }

    private func wait(for places: [StreamPlace], on shards: [Shard], timeout: Milliseconds) {
        let number = self.number
        self.isWaitingForPlaces = true
        let futures = zip(shards, places).map { shard, place in
            shard.loop.flatSubmit { shard.reach(place, by: number, timeout: timeout) }
        }
        self.wait(for: EventLoopFuture.whenAllSucceed(futures, on: self.shard.loop)) { outcomes, writer in
            self.isWaitingForPlaces = false
            for (index, outcome) in outcomes.enumerated() {
                if let refusal = self.refusal(of: outcome, places[index], shard: index) {
                    return self.refuse(refusal, writer)
                }
            }
            writer.ok()
        }
    }

    private func refusal(of outcome: PlaceOutcome, _ place: StreamPlace, shard: Int) -> String? {
        let whom = self.shard.node.primaryText
        switch outcome {
        case .reached: return nil
        case .foreign(let own):
            return "WRONGHISTORY shard \(shard) follows history \(own.hex), which does not hold position"
                + " \(place.position) of \(place.history.hex): \(whom)"
        case .timedOut(let position):
            return "TIMEOUT shard \(shard) is at position \(position) and not yet at \(place.position): \(whom)"
        case .stopped: return "ERR \(ShardStopped())"
        }
    }

    /// The connection is gone: nobody waits any more.
    func cancelPlaceWaits() {
        guard self.isWaitingForPlaces else { return }
        let number = self.number
        for shard in self.shard.node.shards { shard.loop.execute { shard.cancelPlaceWait(of: number) } }
    }
}

extension Node {
    /// Where else the data are to be had.
    var primaryText: String { self.primary.map { "the primary is \($0)" } ?? "this node is the primary" }
}
