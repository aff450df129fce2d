import Testing

@testable import Harness

@Suite struct TargetSpecificationTests {
    private func parsed(_ text: String, password: String? = nil) throws(HarnessError) -> TargetSpecification {
        var reach = TargetSpecification.Reach()
        reach.password = password.map { Secret($0) }
        return try TargetSpecification(parsing: text, reach)
    }

    private func access(of target: TargetSpecification) -> Access? {
        if case .running(_, _, let access) = target.place { access } else { nil }
    }

    @Test("a target that is started is named by a word, or by a word and the path of a server")
    func words() throws {
        #expect(try self.parsed("bundled") == .bundled)
        #expect(try self.parsed("redis") == .redis)
        #expect(try self.parsed("valkey") == .valkey)
        let other = try self.parsed("redis:/opt/redis:8/redis-server")
        #expect(other.place == .child(executable: "/opt/redis:8/redis-server") && other.product == .redis)
        #expect(try self.parsed("bundled:build/sluice").product == .sluice)
    }

    @Test(
        "what a target is called in results is what the user typed",
        arguments: [
            "bundled", "redis", "valkey", "bundled:/b/sluice", "redis://127.0.0.1:6379", "valkey://h:1", "sluice://h:2",
            "rediss://h:3", "valkeys://h:4",
        ]
    )
    func ids(text: String) throws {
        #expect(try self.parsed(text).description == text)
    }

    @Test("a URL may leave the port out, and an IPv6 address stands in brackets")
    func urls() throws {
        #expect(try self.parsed("redis://host").place == .running(host: "host", port: 6379, access: Access()))
        #expect(try self.parsed("sluice://host/").place == .running(host: "host", port: 6399, access: Access()))
        #expect(try self.parsed("sluice://[::1]:7").place == .running(host: "::1", port: 7, access: Access()))
        #expect(try self.parsed("valkey://[fe80::1]").place == .running(host: "fe80::1", port: 6379, access: Access()))
    }

    @Test("user and password come from the URL, and the password from elsewhere where the URL has none")
    func passwords() throws {
        let full = try #require(self.access(of: self.parsed("redis://joe:p%40ss:w@host:1")))
        #expect(full.user == "joe" && full.password == Secret("p@ss:w"))
        let bare = try #require(self.access(of: self.parsed("redis://:word@host")))
        #expect(bare.user == nil && bare.password == Secret("word"))
        let given = try #require(self.access(of: self.parsed("valkeys://joe@host", password: "word")))
        #expect(given.user == "joe" && given.password == Secret("word") && given.tls != nil)
        #expect(try self.access(of: self.parsed("redis://:own@host", password: "other"))?.password == Secret("own"))
        #expect(try self.access(of: self.parsed("sluice://host", password: "word"))?.password == nil)
    }

    @Test("a password is in no name, no message and no dump")
    func masked() throws {
        let target = try self.parsed("redis://joe:hush@host:1")
        var dumped = ""
        dump(target, to: &dumped)
        for text in ["\(target)", "\(target.place)", String(reflecting: target), dumped] {
            #expect(!text.contains("hush"))
        }
        for text in ["redis://joe:hush@host:x", "http://joe:hush@host", "sluice://joe:hush@host"] {
            let error = try #require(throws: HarnessError.self) { try self.parsed(text) }
            #expect(!error.message.contains("hush") && error.code == .usage)
        }
        #expect(Secret.masked("--target=redis://joe:hush@host:1") == "--target=redis://joe:***@host:1")
        #expect(Secret.masked("redis://:a@b:c@host") == "redis://:***@host")
        #expect(Secret.masked("redis://host:1") == "redis://host:1")
        #expect(Secret.masked("plain") == "plain")
    }

    @Test("what a connection says first is AUTH with what was given, or nothing")
    func greeting() throws {
        let full = try self.access(of: self.parsed("redis://joe:word@host"))
        #expect(full?.greeting == Array("*3\r\n$4\r\nAUTH\r\n$3\r\njoe\r\n$4\r\nword\r\n".utf8))
        let bare = try self.access(of: self.parsed("redis://:word@host"))
        #expect(bare?.greeting == Array("*2\r\n$4\r\nAUTH\r\n$4\r\nword\r\n".utf8))
        #expect(Access().greeting.isEmpty)
    }

    @Test(
        "anything else is refused with the words that would do",
        arguments: [
            "", "reddis", "redis:", "redis://", "redis://:1", "redis://h:0", "redis://h:99999", "http://h:1",
            "redis://h:1/0", "sluices://h:1", "bundled://h:1",
        ]
    )
    func unknown(text: String) throws {
        let error = try #require(throws: HarnessError.self) { try self.parsed(text) }
        #expect(error.code == .usage)
        for word in ["bundled", "valkey", "rediss", "sluice"] { #expect(error.message.contains(word)) }
    }

    @Test(
        "a user without a password, and a password for who has none, are refused",
        arguments: [
            "redis://joe@host", "redis://joe%4@host", "sluice://:word@host",
        ]
    )
    func unfit(text: String) throws {
        let error = try #require(throws: HarnessError.self) { try self.parsed(text) }
        #expect(error.code == .usage)
    }

    @Test("targets that differ in a knob have different names, unless they are given one")
    func knobs() throws {
        let small = try TargetSpecification.bundled.setting(Knob("chunk-size", "4kb"))
        #expect(small.description == "bundled chunk-size=4kb")
        #expect(try small.setting(Knob("chunk-size", "8kb")).description == "bundled chunk-size=8kb")
        var named = small
        named.label = "a"
        #expect(named.description == "a" && named != small)
        #expect(TargetSpecification.redis.isOptional && !TargetSpecification.bundled.isOptional)
        #expect(try !self.parsed("redis:/x").isOptional)
    }

    @Test("a server that runs already takes no knobs")
    func fixed() throws {
        let running = try self.parsed("redis://host")
        let error = try #require(throws: HarnessError.self) { try running.setting(Knob("backlog-size", "1mb")) }
        #expect(error.code == .usage && !running.isChild)
    }
}
