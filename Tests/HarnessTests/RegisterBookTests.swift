import Testing

@testable import Harness

@Suite struct RegisterBookTests {
    @Test("a read that sees what was acknowledged before it began is good, and one that sees less is stale")
    func stale() {
        var book = RegisterBook(registers: 2)
        for value: UInt32 in 1...3 {
            #expect(book.begin(1) == value)
            book.acknowledged(value, in: 1, by: 0)
        }
        let least = book.least(in: 1)
        #expect(least == 3 && book.least(in: 0) == 0)
        book.saw(3, in: 1, at: 2, atLeast: least)
        book.saw(0, in: 0, at: 2, atLeast: 0)
        #expect(book.reads == 2 && book.stale == 0)
        book.saw(2, in: 1, at: 2, atLeast: least)
        #expect(book.stale == 1 && book.invented == 0)
        #expect(
            book.complaints
                == ["register 1 was 2 at member 3: less than 3, which was known; most is 3, acknowledged by member 1"]
        )
    }

    @Test("what is acknowledged while a read is under way may be seen, or not")
    func overlapping() {
        var book = RegisterBook(registers: 1)
        book.acknowledged(book.begin(0), in: 0, by: 0)
        let least = book.least(in: 0)
        book.acknowledged(book.begin(0), in: 0, by: 0)
        book.saw(1, in: 0, at: 2, atLeast: least)
        book.saw(2, in: 0, at: 2, atLeast: least)
        #expect(book.stale == 0 && book.invented == 0)
    }

    @Test("what one read saw, those that begin later must see, though nobody was told that it was written")
    func unknown() {
        var book = RegisterBook(registers: 1)
        _ = book.begin(0)
        #expect(book.least(in: 0) == 0)
        book.saw(1, in: 0, at: 2, atLeast: 0)
        #expect(book.least(in: 0) == 1)
        book.saw(0, in: 0, at: 2, atLeast: book.least(in: 0))
        #expect(book.stale == 1)
    }

    @Test("nobody sees what has not been begun")
    func invented() {
        var book = RegisterBook(registers: 1)
        book.saw(book.begin(0) + 1, in: 0, at: 2, atLeast: 0)
        #expect(book.invented == 1)
    }
}
