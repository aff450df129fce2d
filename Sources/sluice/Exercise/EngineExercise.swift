import Engine
import Keyspace
import Primitives
import RESP
import Replication

/// Commands end to end, as a shard carries them out between reading and writing a client's socket.
final class EngineExercise {
    private let turn = Turn()
    private let table = CommandTable()
    private let writer = Writer()
    private var parser = CommandParser()
    private var engine = Engine(seed: 42, history: .none, options: .exercise)

    func run(_ turns: Int) {
        for _ in 0..<turns {
            self.turn.renew()
            let bytes = self.turn.bytes
            var used = 0
            while used < bytes.count {
                let rest = Bytes(rebasing: bytes[used...])
                _ = self.parser.gather(in: rest)
                used += self.executeGathered(in: rest)
                self.parser.advancePastGathered()
            }
            self.writer.removeAll()
        }
        precondition(self.engine.stream.tip == UInt64(turns * Turn.length), "mutations were lost")
    }

    private func executeGathered(in bytes: Bytes) -> Int {
        let count = self.parser.gatheredCount
        if count > 1 {
            self.engine.keyspace.prefetch(count) { self.parser.gathered($0, in: bytes).command?[1] }
        }
        var used = 0
        for index in 0..<count {
            let (command, consumed) = self.parser.gathered(index, in: bytes)
            used += consumed
            guard let command, let place = self.table.index(of: command[0]) else { continue }
            self.engine.execute(self.table.specs[place].id, command, now: 1, self.writer)
        }
        return used
    }
}

/// Mutations numbered into the backlog; at the end of each turn four links take everything.
final class DeliveryExercise {
    private static let links = 4

    private let turn = Turn()
    private var stream = Replication.Stream(history: .none, options: .exercise)
    private var deliveredBytes = 0

    init() {
        for number in 0..<Self.links {
            self.stream.linkOpened(
                number: UInt64(number + 1),
                transport: Int32(number),
                request: HandshakeRequest(position: 0, id: "replica-\(number)"),
                plan: .resume(.tip),
                now: 0
            )
        }
    }

    func run(_ turns: Int) {
        for _ in 0..<turns {
            for index in 0..<Turn.length { self.stream.backlog.append(self.turn.command(index).encoded) }
            var delivered = 0
            while self.stream.send(
                now: 1,
                { _, _, bytes in
                    delivered += bytes.count
                    return .took(bytes.count)
                }
            ) {}
            self.deliveredBytes += delivered
        }
        let least = turns * Turn.length * Self.links * self.turn.command(0).length
        precondition(self.deliveredBytes > least, "frames were lost")
    }
}

extension StreamOptions {
    /// A backlog that is full soon, so that its oldest chunks leave as new ones come.
    fileprivate static var exercise: StreamOptions {
        var options = StreamOptions()
        options.backlogBytes = 256 << 10
        return options
    }
}
