import Channels
import Testing

@Suite("outstanding requests")
struct OutstandingRequestsTests {
    private func request(_ id: UInt64, at time: Microseconds) -> OutstandingRequests.Request {
        OutstandingRequests.Request(id: id, since: id, sentAt: time, isProbe: false)
    }

    @Test("an id answers once")
    func once() {
        var requests = OutstandingRequests()
        requests.insert(self.request(7, at: 0), now: 0)
        let taken1 = requests.take(8, now: 1)
        #expect(taken1 == nil)
        let taken2 = requests.take(7, now: 1)
        #expect(taken2 == self.request(7, at: 0))
        let taken3 = requests.take(7, now: 1)
        #expect(taken3 == nil)
    }

    @Test("an id is known for thirty seconds")
    func lifetime() {
        var requests = OutstandingRequests()
        for id in 0..<2 { requests.insert(self.request(UInt64(id), at: 0), now: 0) }
        let taken4 = requests.take(0, now: OutstandingRequests.lifetime - 1)
        #expect(taken4 != nil)
        let taken5 = requests.take(1, now: OutstandingRequests.lifetime)
        #expect(taken5 == nil)
    }

    @Test("at most 256 are kept: expired ones go first, then the oldest")
    func capacity() {
        var requests = OutstandingRequests()
        // The second is the only one that has expired when room is needed.
        requests.insert(self.request(0, at: 10), now: 10)
        requests.insert(self.request(1, at: 0), now: 10)
        for id in 2..<UInt64(256) { requests.insert(self.request(id, at: 20), now: 20) }
        requests.insert(self.request(256, at: OutstandingRequests.lifetime), now: OutstandingRequests.lifetime)
        #expect(requests.count == 256 && requests.contains(0) && !requests.contains(1))
        requests.insert(self.request(257, at: OutstandingRequests.lifetime), now: OutstandingRequests.lifetime)
        #expect(requests.count == 256 && !requests.contains(0) && requests.contains(2))
    }
}

@Suite("empty answers")
struct EmptyAnswersTests {
    private static let second: Microseconds = 1_000_000

    @Test("three are free; from the fourth on the wait doubles from one second to thirty")
    func waits() {
        var answers = EmptyAnswers()
        for _ in 0..<3 { answers.answered(claimsMore: true, now: 0) }
        #expect(answers.mayAsk(now: 0))
        var now: Microseconds = 0
        for seconds in [1, 2, 4, 8, 16, 30, 30] {
            answers.answered(claimsMore: true, now: now)
            #expect(!answers.mayAsk(now: now + Microseconds(seconds) * Self.second - 1))
            now += Microseconds(seconds) * Self.second
            #expect(answers.mayAsk(now: now))
        }
    }

    @Test("progress clears it, and so does a minute after the wait's end")
    func clearing() {
        var answers = EmptyAnswers()
        for _ in 0..<5 { answers.answered(claimsMore: true, now: 0) }
        answers.progressed()
        for _ in 0..<3 { answers.answered(claimsMore: true, now: 0) }
        #expect(answers.mayAsk(now: 0))
        answers.answered(claimsMore: true, now: 0)
        #expect(answers.waitsUntil == Self.second)
        answers.answered(claimsMore: true, now: Self.second + EmptyAnswers.memory)
        #expect(answers.mayAsk(now: Self.second + EmptyAnswers.memory))
    }

    @Test("an empty answer of a leader that claims no more costs nothing")
    func noClaim() {
        var answers = EmptyAnswers()
        for _ in 0..<100 { answers.answered(claimsMore: false, now: 0) }
        #expect(answers.mayAsk(now: 0))
    }
}

@Suite("the search for the last common record")
struct CommonRecordSearchTests {
    @Test("it finds every place within the logarithm of the distance", arguments: [1, 2, 3, 10, 64, 1_000])
    func everyPlace(length: Int) {
        for place in 0..<Seq(length) {
            var search = CommonRecordSearch(common: 0, different: Seq(length))
            var probes = 0
            while let probe = search.probe {
                probes += 1
                if probe <= place { search.agreed(before: probe) } else { search.differed(before: probe) }
            }
            #expect(search.common == place && probes <= Int.bitWidth - length.leadingZeroBitCount)
        }
    }

    @Test("answers that make no sense do not break it")
    func nonsense() {
        var search = CommonRecordSearch(common: 5, different: 9)
        search.agreed(before: 2)
        search.differed(before: 100)
        #expect(search == CommonRecordSearch(common: 5, different: 9))
        search.agreed(before: 100)
        #expect(search.common == 9 && search.probe == nil)
        search.differed(before: 1)
        #expect(search.different == 9)
        #expect(CommonRecordSearch(common: 9, different: 3).probe == nil)
    }
}
