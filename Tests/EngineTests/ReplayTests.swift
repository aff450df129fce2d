import Engine
import Keyspace
import Primitives
import RESP
import Replication
import Testing

@Suite struct ReplayTests {
    private func makeEngine() -> Engine {
        var generator = SeededGenerator(seed: 3)
        var engine = Engine(seed: generator.next(), history: History(using: &generator))
        engine.keyspace.decidesExpiry = false
        return engine
    }

    private func apply(_ payload: String, lsn: LSN, _ replay: inout Replay, _ engine: inout Engine) -> ReplayError? {
        Array(payload.utf8).withUnsafeBytes { bytes in
            do throws(ReplayError) {
                try replay.apply(bytes, lsn: lsn, to: &engine)
                return nil
            } catch {
                return error
            }
        }
    }

    @Test("mutations in order make the data again, and are not numbered anew")
    func sameData() {
        var engine = self.makeEngine()
        var replay = Replay(table: CommandTable())
        let payloads = [
            "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n",
            "*5\r\n$3\r\nSET\r\n$1\r\nb\r\n$1\r\n2\r\n$4\r\nPXAT\r\n$2\r\n77\r\n",
            "*3\r\n$6\r\nAPPEND\r\n$1\r\na\r\n$1\r\n1\r\n", "*2\r\n$3\r\nDEL\r\n$1\r\nc\r\n",
            "*3\r\n$3\r\nset\r\n$2\r\n\r\n\r\n$0\r\n\r\n",
        ]
        for (index, payload) in payloads.enumerated() {
            let error = self.apply(payload, lsn: LSN(index) + 1, &replay, &engine)
            #expect(error == nil)
        }
        let (count, records, tip) = (engine.keyspace.count, replay.records, engine.tip)
        #expect(count == 3 && records == 5 && tip == 0)
        let contents = engine.contents()
        #expect(contents["a"] == "$2\r\n11\r\n:-1\r\n" && contents["b"] == "$1\r\n2\r\n:77\r\n")
    }

    @Test(
        "what is not one RESP array is refused with its LSN and a reason",
        arguments: [
            "", "SET a 1\r\n", "$1\r\na\r\n", "*1\r\n$3\r\nfoo", "*2\r\n$3\r\nGET\r\n", "*x\r\n", "+OK\r\n",
            "*2\r\n$3\r\nDEL\r\n$1\r\na\r\n*2\r\n$3\r\nDEL\r\n$1\r\na\r\n", "*0\r\n", "{\"key\": 1}", "\u{0}\u{1}\u{2}",
        ]
    )
    func foreignPayload(payload: String) {
        var engine = self.makeEngine()
        var replay = Replay(table: CommandTable())
        let error = self.apply(payload, lsn: 41, &replay, &engine)
        let records = replay.records
        #expect(error?.lsn == 41 && records == 0)
        #expect(
            error?.description
                == "record 41 cannot be replayed: its payload is not one RESP array, as the log of a shard has them"
        )
    }

    @Test("a command that nobody knows, or that takes other arguments, is refused by its name")
    func unknown() {
        var engine = self.makeEngine()
        var replay = Replay(table: CommandTable())
        let long = String(repeating: "x", count: 1000)
        for (payload, name) in [
            ("*2\r\n$5\r\nLPUSH\r\n$1\r\na\r\n", "LPUSH"), ("*1\r\n$3\r\nSET\r\n", "SET"),
            ("*1\r\n$1000\r\n\(long)\r\n", String(repeating: "x", count: 64)),
        ] {
            var fresh = Replay(table: CommandTable())
            let error = self.apply(payload, lsn: 7, &fresh, &engine)
            #expect(error?.reason == "this version does not know the command '\(name)'")
        }
        _ = self.apply("*3\r\n$3\r\nSET\r\n$1\r\na\r\n$4\r\ntext\r\n", lsn: 1, &replay, &engine)
        let refused = self.apply("*2\r\n$4\r\nINCR\r\n$1\r\na\r\n", lsn: 2, &replay, &engine)
        #expect(refused?.reason == "-ERR value is not an integer or out of range")
    }
}
