import Testing

@testable import Primitives

@Suite struct PrimitivesTests {
    private func bytes<Result>(_ text: String, _ body: (Bytes) -> Result) -> Result {
        var copy = text
        return copy.withUTF8 { body(Bytes($0)) }
    }

    @Test("Every length of key is hashed by all of its bytes, and by the seed")
    func everyByteCounts() {
        let hash = KeyHash(seed: 1)
        let other = KeyHash(seed: 2)
        for length in 1...70 {
            let key = [UInt8](repeating: 0x61, count: length)
            let base = key.withUnsafeBytes { hash($0) }
            #expect(base != key.withUnsafeBytes { other($0) })
            for index in 0..<length {
                var changed = key
                changed[index] ^= 1
                #expect(changed.withUnsafeBytes { hash($0) } != base, "byte \(index) of \(length)")
            }
        }
    }

    @Test("Numbered keys spread evenly over the leading, the middle and the trailing bits")
    func spread() {
        let hash = KeyHash(seed: 77)
        let count = 64_000
        for shift in [58, 32, 0] as [UInt64] {
            var tallies = [Int](repeating: 0, count: 64)
            for index in 0..<count { tallies[Int(self.bytes("key:\(index)") { hash($0) } >> shift & 63)] += 1 }
            // A thousand are expected in each; six standard deviations are 190.
            #expect(tallies.allSatisfy { (810...1190).contains($0) })
        }
    }

    @Test("A history is written as forty digits and read back")
    func history() throws {
        var generator = SeededGenerator(seed: 5)
        let history = History(using: &generator)
        #expect(history.hex.utf8.count == 40)
        #expect(self.bytes(history.hex) { History(hex: $0) } == history)
        #expect(self.bytes(history.hex.uppercased()) { History(hex: $0) } == history)
        #expect(History.none.hex == String(repeating: "0", count: 40))
        #expect(history != .none)
        for wrong in [
            "", "0", String(repeating: "0", count: 39), String(repeating: "0", count: 41),
            String(repeating: "g", count: 40),
        ] {
            #expect(self.bytes(wrong) { History(hex: $0) } == nil)
        }
    }

    @Test("The same seed gives the same numbers: those of the published algorithm")
    func seededNumbers() {
        var generator = SeededGenerator(seed: 1_234_567)
        #expect(generator.next() == 6_457_827_717_110_365_317)
        #expect(generator.next() == 3_203_168_211_198_807_973)
        #expect(generator.next() == 9_817_491_932_198_370_423)
    }

    @Test("Words are compared without regard to case, and only letters have one")
    func ignoringCase() {
        #expect(self.bytes("KeepTTL") { $0.equalsIgnoringCase("KEEPTTL") })
        #expect(!self.bytes("keepttl ") { $0.equalsIgnoringCase("keepttl") })
        #expect(!self.bytes("\u{1}") { $0.equalsIgnoringCase("!") })
        #expect(self.bytes("") { $0.equals(Bytes("")) })
        #expect(self.bytes("ab") { $0.equals(Bytes("ab")) && !$0.equals(Bytes("Ab")) })
    }

    @Test("Only an event that is long by both clocks counts as slow")
    func backgroundEvents() {
        var wall: UInt64 = 0
        var processor: UInt64 = 0
        let events = BackgroundEvents(slowNanoseconds: 100) { .init(wall: wall, processor: processor) }
        for (wallStep, processorStep) in [(500, 50), (50, 500), (500, 300)] as [(UInt64, UInt64)] {
            let start = events.begin()
            wall += wallStep
            processor += processorStep
            events.end(.tableGrowth, since: start)
        }
        #expect(events[.tableGrowth].count == 3)
        #expect(events[.tableGrowth].slowCount == 1)
        #expect(events[.tableGrowth].longestNanoseconds == 300)
        #expect(events[.expirySlice].count == 0)
    }
}
