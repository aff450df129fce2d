// What a node that hands over asks and tells the one that takes its place, on its client port:
//
//     REPL.TAKEOVER ASK|TAKE <history> <position> [<history> <position> …]      one pair a shard
//
// ASK is answered +OK once the node follows these histories and has everything up to these positions, and +WAIT before. TAKE
// makes a node that has exactly this the primary, and is answered +OK also by one that has become it this way before. Anything
// else is an error, and changes nothing.

import Engine
import NIOCore
import Primitives
import RESP
import Replication

enum TakeoverStep: String, Sendable {
    case ask = "ASK"
    case take = "TAKE"
}

struct TakeoverStream: Equatable, Sendable {
    var history: History
    var position: Position
}

struct TakeoverRequest: Equatable, Sendable {
    var step: TakeoverStep
    /// One a shard.
    var streams: [TakeoverStream]

    init(step: TakeoverStep, streams: [TakeoverStream]) {
        self.step = step
        self.streams = streams
    }

    /// nil for a command that is none.
    init?(_ command: Command) {
        guard command.count >= 4, command.count % 2 == 0 else { return nil }
        if command[1].equalsIgnoringCase("ASK") {
            self.step = .ask
        } else if command[1].equalsIgnoringCase("TAKE") {
            self.step = .take
        } else {
            return nil
        }
        self.streams = []
        for index in stride(from: 2, to: command.count, by: 2) {
            guard let history = History(hex: command[index]), let position = Decimal.readUnsigned(command[index + 1])
            else {
                return nil
            }
            self.streams.append(TakeoverStream(history: history, position: position))
        }
    }

    var encoded: String {
        let words =
            ["REPL.TAKEOVER", self.step.rawValue] + self.streams.flatMap { [$0.history.hex, "\($0.position)"] }
        return "*\(words.count)\r\n" + words.map { "$\($0.utf8.count)\r\n\($0)\r\n" }.joined()
    }
}

enum TakeoverAnswer: Equatable, Sendable {
    case done
    case notYet
    case refused(String)
    case unreachable(String)

    /// nil while more of the answer is to come.
    init?(_ bytes: Bytes) {
        switch ReplyScan(bytes) {
        case .incomplete: return nil
        case .reply(.simple(let word), _) where word.equals(Bytes("OK")): self = .done
        case .reply(.simple(let word), _) where word.equals(Bytes("WAIT")): self = .notYet
        case .reply(.error(let reason), _): self = .refused(String(reason.text.prefix(256)))
        case .reply, .malformed: self = .refused("the target's answer makes no sense")
        }
    }
}

extension Shard {
    /// How this shard stands to what it is to take over.
    func takeoverAnswer(_ stream: TakeoverStream, _ step: TakeoverStep) -> TakeoverAnswer {
        guard self.follower != nil else {
            // It may have taken over already, and the answer was lost.
            let last = self.engine.replicas.slots.ancestors.last
            if step == .take, last == Ancestor(history: stream.history, left: stream.position) { return .done }
            return .refused("ERR this node is no replica")
        }
        let tip = self.engine.tip
        if self.engine.stream.history == stream.history, tip == stream.position, self.follower?.phase == .streaming,
            self.follower?.isSynchronizing == false
        {
            return .done
        }
        guard tip <= stream.position else { return .refused("ERR this node is ahead of the one that hands over") }
        return .notYet
    }
}

extension ClientConnection {
    func takeover(_ command: Command, _ writer: Writer) {
        guard !self.isInGroup else { return self.refuse(Self.memberRefusal, writer) }
        let shards = self.shard.node.options.shards
        guard let request = TakeoverRequest(command) else { return self.refuse("ERR syntax error", writer) }
        guard request.streams.count == shards else {
            return self.refuse("ERR this node has \(shards) shards, not \(request.streams.count)", writer)
        }
        let (node, loop) = (self.shard.node, self.shard.loop)
        let asked = node.shards.map { shard in
            shard.loop.submit { shard.takeoverAnswer(request.streams[shard.index], request.step) }
        }
        let answer = EventLoopFuture.whenAllSucceed(asked, on: loop).flatMap {
            answers -> EventLoopFuture<TakeoverAnswer> in
            let worst = answers.first { $0 != .done && $0 != .notYet } ?? answers.first { $0 == .notYet }
            if let worst { return loop.makeSucceededFuture(worst) }
            guard request.step == .take, let promotion = node.promote(on: loop) else {
                return loop.makeSucceededFuture(.done)
            }
            return promotion.map { $0.map { .refused("ERR cannot become a primary: \($0)") } ?? .done }
        }
        self.wait(for: answer) { answer, writer in
            switch answer {
            case .done: writer.ok()
            case .notYet: writer.simple("WAIT")
            case .refused(let reason), .unreachable(let reason): self.refuse(reason, writer)
            }
        }
    }
}
