import Primitives
import RESP
import Testing

@testable import Keyspace

@Suite struct ScanTests {
    /// One whole scan; `between` is called after every step.
    private func scan(_ session: Session, count: Int, between: (Int) -> Void = { _ in }) -> [String: Int] {
        var seen: [String: Int] = [:]
        var cursor = "0"
        var steps = 0
        repeat {
            let reply = session.ask("SCAN \(cursor) COUNT \(count)").split(separator: "|")
            cursor = String(reply[2])
            for index in stride(from: 5, to: reply.count, by: 2) { seen[String(reply[index]), default: 0] += 1 }
            between(steps)
            steps += 1
        } while cursor != "0" && steps < 1_000_000
        return seen
    }

    @Test("A scan of a table at rest returns every key exactly once", arguments: [0, 1, 10, 700, 20_000])
    func atRest(count: Int) {
        let session = Session()
        for index in 0..<count { session.ask("SET key:\(index) value") }
        let seen = self.scan(session, count: 10)
        #expect(seen.count == count)
        #expect(seen.values.allSatisfy { $0 == 1 })
    }

    @Test("A key that is there all the time is returned, however the table grows and shrinks", arguments: 1...5)
    func whileGrowing(seed: UInt64) {
        let session = Session(seed: seed)
        for index in 0..<500 { session.ask("SET stays:\(index) value") }
        let depth = session.keyspace.table.depth
        let seen = self.scan(session, count: 7) { step in
            guard step < 400 else { return }
            for index in 0..<40 { session.ask("SET new:\(step):\(index) value") }
            if step % 3 == 0 { session.ask("DEL new:\(step):1 new:\(step / 2):2") }
            // Overwriting in place and in another block moves no key.
            session.ask("SET stays:\(step % 500) \(String(repeating: "x", count: 1 + step % 300))")
        }
        #expect(session.keyspace.table.depth > depth)
        for index in 0..<500 { #expect(seen["stays:\(index)"] != nil) }
    }

    @Test("A cursor survives its journey as a number, with the shard's number in it")
    func cursorNumbers() throws {
        for cursor in [ScanCursor.start, ScanCursor(prefix: 1 << 40 - 1, home: 62), ScanCursor(prefix: 77, home: 1)] {
            for shard in [0, 1, 255] {
                let number = cursor.number(shard: shard)
                #expect(ScanCursor(number: number) == cursor)
                #expect(ScanCursor.shard(ofNumber: number) == shard)
                #expect(number < 1 << 54)
            }
        }
        #expect(ScanCursor.start.number(shard: 0) == 0)
        #expect(ScanCursor(number: .max) == nil)
    }

    @Test("Numbers that no scan gave out are answered, whatever they are")
    func foreignCursors() {
        let session = Session()
        for index in 0..<3000 { session.ask("SET key:\(index) value") }
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<2000 {
            let number = generator.next() >> UInt64.random(in: 0..<64, using: &generator)
            #expect(session.ask("SCAN \(number)").hasPrefix("*2|$"))
        }
        #expect(session.ask("SCAN x") == "-ERR invalid cursor")
    }

    @Test("MATCH, TYPE and COUNT choose among the keys")
    func options() {
        let session = Session()
        for index in 0..<50 { session.ask("SET key:\(index) value") }
        #expect(session.ask("SCAN 0 COUNT 1000 MATCH key:7") == "*2|$1|0|*1|$5|key:7")
        #expect(session.ask("SCAN 0 COUNT 1000 TYPE list") == "*2|$1|0|*0")
        #expect(session.ask("SCAN 0 COUNT 0") == "-ERR syntax error")
        #expect(session.ask("SCAN 0 MATCH") == "-ERR syntax error")
        #expect(session.ask("SCAN 0 COUNT x") == "-ERR value is not an integer or out of range")
    }

    @Test("A random key is any key, each about as often as another")
    func randomKeys() {
        let session = Session()
        for index in 0..<100 { session.ask("SET \(index) value") }
        var seen: [String: Int] = [:]
        for _ in 0..<20_000 { seen[session.ask("RANDOMKEY"), default: 0] += 1 }
        #expect(seen.count == 100)
        // 200 each are expected; eight standard deviations off would be no chance.
        #expect(seen.values.allSatisfy { (90...310).contains($0) })
        session.ask("FLUSHALL")
        #expect(session.ask("RANDOMKEY") == "$-1")
        session.ask("SET only 1")
        #expect(session.ask("RANDOMKEY") == "$4|only")
    }

    @Test("The last key of a large table that was emptied is found")
    func sparseTable() {
        let session = Session()
        for index in 0..<30_000 { session.ask("SET \(index) value") }
        for index in 1..<30_000 { session.ask("DEL \(index)") }
        #expect(session.ask("RANDOMKEY") == "$1|0")
        #expect(self.scan(session, count: 10) == ["0": 1])
    }

    @Test("A pattern full of stars takes no more time than the product of the lengths")
    func boundedPattern() {
        let pattern = String(repeating: "*a", count: 200) + "*b"
        let text = String(repeating: "a", count: 20_000)
        let matches = pattern.withBytes { pattern in text.withBytes { Glob(pattern).matches($0) } }
        #expect(!matches)
    }
}
