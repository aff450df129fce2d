// Questions to the whole node. With one shard the answer is at hand; with several the connection waits for all of them,
// and the commands behind it wait with it, so that replies keep the order of their commands.

import NIOCore
import RESP

extension ClientConnection {
    /// Asks every shard, then writes the reply.
    /// - Parameters:
    ///   - ask: runs on each shard's own loop.
    ///   - answer: writes one reply from what the shards said, in the shards' order.
    func askAllShards<Answer: Sendable>(
        _ ask: @escaping @Sendable (Shard) -> Answer,
        answer: @escaping ([Answer], Writer) -> Void
    ) {
        let shards = self.shard.node.shards
        guard shards.count > 1 else { return answer([ask(self.shard)], self.shard.writer) }
        let asked = self.askedCommand
        let futures = shards.map { shard in
            shard.loop.flatSubmit { shard.held(CommandTiming.measure { ask(shard) }) }
        }
        self.wait(for: EventLoopFuture.whenAllSucceed(futures, on: self.shard.loop)) { timed, writer in
            if var asked {
                asked.microseconds = timed.map(\.microseconds).max() ?? 0
                if asked.microseconds >= self.shard.timing.threshold { self.noteSlow(asked) }
            }
            answer(timed.map(\.result), writer)
        }
    }

    /// Sends what has been answered so far and holds the input until the future is there.
    func wait<Value: Sendable>(for future: EventLoopFuture<Value>, _ answer: @escaping (Value, Writer) -> Void) {
        self.isAwaiting = true
        self.flush()
        let bound = NIOLoopBound((self, answer), eventLoop: self.shard.loop)
        future.hop(to: self.shard.loop).whenComplete { result in
            let (connection, answer) = bound.value
            let writer = connection.shard.writer
            writer.version = connection.session.version
            switch result {
            case .success(let value): answer(value, writer)
            case .failure(let error):
                writer.error("ERR the shards did not answer: \(error)")
                connection.end()
            }
            connection.isAwaiting = false
            connection.flush()
            connection.resume()
        }
    }
}
