import Testing

@testable import Harness

@Suite struct TargetTests {
    @Test("fields of INFO are found, headings and empty lines skipped")
    func info() {
        let info = TargetInfo(parsing: "# Memory\r\nused_memory:1024\r\nmem_allocator:jemalloc-5.3.0\r\n\r\nempty:\r\n")
        #expect(info.number("used_memory") == 1024)
        #expect(info["mem_allocator"] == "jemalloc-5.3.0")
        #expect(info["empty"] == "")
        #expect(info.number("mem_allocator") == nil)
        #expect(info["# Memory"] == nil)
    }

    @Test("replicas are known by the ids in INFO, where a server gives them any")
    func replicaIDs() {
        let own = "slave0:ip=127.0.0.1,port=1,state=online,id=a-1,sent=9\r\nslave1:ip=::1,port=2,id=b\r\n"
        #expect(TargetInfo(parsing: own).replicaIDs == ["a-1", "b"])
        #expect(TargetInfo(parsing: "slave0:ip=127.0.0.1,port=1,state=online,offset=9,lag=0\r\n").replicaIDs == [])
        #expect(TargetInfo(parsing: "").replicaIDs == [])
    }

    @Test("a digest is Redis's own word, or position and digest of each shard, whatever its history is called")
    func digest() {
        func shard(_ history: String, _ position: Int64) -> Reply {
            .array([
                .bulk("shard"), .integer(0), .bulk("history"), .bulk(history), .bulk("position"), .integer(position),
                .bulk("digest"), .bulk("ab12"), .bulk("keys"), .integer(3),
            ])
        }
        #expect(Target.digest(of: .simple("3b2b")) == "3b2b")
        let one = Target.digest(of: .array([shard("x", 7), shard("y", 9)]))
        #expect(one == "7 ab12, 9 ab12")
        #expect(one == Target.digest(of: .array([shard("z", 7), shard("z", 9)])))
        #expect(one != Target.digest(of: .array([shard("x", 8), shard("y", 9)])))
        #expect(Target.digest(of: .array([.array([])])) == "no position no digest")
    }

    @Test("loading is what a replica said between its first word of it and the last")
    func loading() {
        var loading = LoadingTime()
        loading.note(false, 1)
        #expect(loading.seconds == nil)
        loading.note(true, 1_000_000_000)
        loading.note(true, 2_000_000_000)
        loading.note(false, 4_000_000_000)
        loading.note(false, 9_000_000_000)
        #expect(loading.seconds == 3)
        #expect(loading.receivingSeconds == nil)
        loading.noteReceiving(2_000_000_000)
        #expect(loading.receivingSeconds == nil)
        loading.noteReceiving(4_500_000_000)
        #expect(loading.receivedFirst == 2_000_000_000 && loading.receivingSeconds == 2.5)
        loading.note(true, 5_000_000_000)
        loading.noteReceiving(6_000_000_000)
        #expect(loading.receivingSeconds == 2.5)
    }

    @Test(
        "an answer is read once it is complete, not before",
        arguments: [
            ("+OK\r\n", Reply.simple("OK")), ("-ERR no\r\n", .error("ERR no")), (":-7\r\n", .integer(-7)),
            ("$5\r\na\r\nbc\r\n", .bulk("a\r\nbc")), ("$-1\r\n", .bulk(nil)), ("*0\r\n", .array([])),
            ("*2\r\n$1\r\nx\r\n*1\r\n:1\r\n", .array([.bulk("x"), .array([.integer(1)])])),
        ]
    )
    func replies(text: String, expected: Reply) throws {
        let bytes = Array(text.utf8)
        for cut in 0..<bytes.count {
            var parser = ReplyParser(Array(bytes[..<cut]))
            #expect(try parser.reply() == nil, "cut at \(cut)")
        }
        var parser = ReplyParser(bytes + Array("+next".utf8))
        #expect(try parser.reply() == expected)
        #expect(parser.at == bytes.count)
    }

    @Test("what is no RESP is refused", arguments: ["HTTP/1.1\r\n", ":x\r\n", "$99999999999\r\n", "*-x\r\n"])
    func malformedReplies(text: String) {
        var parser = ReplyParser(Array(text.utf8))
        #expect(throws: HarnessError.self) { try parser.reply() }
    }
}
