import Primitives
import Server
import Testing

/// Directories that a server does not start on, and what it says then.
@Suite struct DamageTests {
    private let folder: DataFolder

    init() throws { self.folder = try DataFolder() }

    private func refusal(shards: Int = 1, _ settings: [String: String] = [:]) -> String {
        let error = #expect(throws: ServerError.self) {
            try TestServer.run(in: self.folder, shards: shards, settings) { _ in }
        }
        return error?.description ?? ""
    }

    @Test("a second server on the same directory is refused, and the first goes on")
    func locked() throws {
        try TestServer.run(in: self.folder) { server in
            let client = try server.client()
            try Scribe(client).write(10)
            let message = self.refusal()
            #expect(message.contains("another process") && message.contains(self.folder.path))
            try Scribe(client, after: 10).write(10)
        }
        try TestServer.run(in: self.folder) { server in try server.client().expectKeys(20) }
    }

    @Test("another number of shards is refused with the number that was")
    func shards() throws {
        try TestServer.run(in: self.folder, shards: 2) { server in
            try Scribe(try server.client(), shards: 2).write(10)
        }
        #expect(self.refusal(shards: 1).contains("written with --shards 2: start with that number"))
        try TestServer.run(in: self.folder, shards: 2) { server in try server.client().expectKeys(10) }
    }

    @Test("files of a newer format are refused, and so are those that cannot be read")
    func formats() throws {
        try TestServer.run(in: self.folder) { server in try Scribe(try server.client()).write(10) }
        for (name, text, reason) in [
            ("node.json", #"{"format": 2, "shards": 1}"#, "use a newer version"),
            ("node.json", #"{"format": 2, "rings": [1, 2]}"#, "use a newer version"),
            ("node.json", "{", "node.json is damaged"),
            ("shard-0/history.json", #"{"version": 2, "epochs": []}"#, "format version 2"),
            ("shard-0/history.json", "garbage", "history.json is damaged"),
            ("shard-0/log/manifest.json", "garbage", "manifest.json"),
        ] {
            let before = try? self.folder.read(name)
            try self.folder.write(name, text)
            let message = self.refusal()
            #expect(message.contains(reason), "\(name): \(message)")
            if let before { try self.folder.write(name, before) } else { try self.folder.remove(name) }
        }
        try TestServer.run(in: self.folder) { server in try server.client().expectKeys(10) }
    }

    /// Writes keys into many small segments.
    private func fill(_ count: Int, sync: String = "everysec") throws {
        try TestServer.run(in: self.folder, ["log-segment-size": "4096", "log-sync": sync]) { server in
            try Scribe(try server.client()).write(count)
        }
        // What the dump has is not missed.
        try self.folder.remove("shard-0/dump.rdb")
    }

    @Test("damage in a sealed segment refuses the start, with its place and the way out")
    func sealedDamage() throws {
        try self.fill(400)
        let segment = try self.folder.segments()[3]
        try self.folder.damage(segment, at: 1000)
        let message = self.refusal()
        #expect(message.contains(segment.split(separator: "/").last ?? "?"), "\(message)")
        #expect(message.contains("damaged at offset ") && message.contains("--log-repair truncate"))
        #expect(self.refusal(["log-repair": "no"]) == message)
        try self.folder.damage(segment, at: 1000)
        try TestServer.run(in: self.folder) { server in try server.client().expectKeys(400) }
    }

    @Test("a segment that is missing refuses the start")
    func missingSegment() throws {
        try self.fill(400)
        try self.folder.remove(try self.folder.segments()[3])
        #expect(self.refusal().contains("the log has no records from "))
    }

    @Test(
        "told to, a server starts with what was before the damage, under a new history",
        arguments: ["everysec", "always"],
        ["flipped", "torn", "missing", "first", "clean"]
    )
    func repair(sync: String, damage: String) throws {
        try self.fill(400, sync: sync)
        let segments = try self.folder.segments()
        let segment = segments[3]
        switch damage {
        case "flipped": try self.folder.damage(segment, at: 1000)
        case "torn": try self.folder.write(segment, Array(try self.folder.read(segment).dropLast(100)))
        case "missing": try self.folder.remove(segment)
        case "first": try self.folder.damage(segments[0], at: 0)
        default: break
        }
        // As after a kill: no mark of an orderly end tells that something is missing.
        let mark = String(decoding: try self.folder.read("shard-0/history.json"), as: UTF8.self)
        let unmarked = mark.split(separator: "\n").filter { !$0.contains("cleanShutdown") }.joined(separator: "\n")
        if sync == "always" { try self.folder.write("shard-0/history.json", unmarked) }
        let settings = ["log-segment-size": "4096", "log-sync": sync, "log-repair": "truncate"]
        let journal = Journal()
        let kept = try TestServer.run(in: self.folder, settings, journal: journal) { server in
            let client = try server.client()
            let kept = try server.number("log_last_lsn", through: client)
            try client.expectKeys(kept)
            let stream = try server.streams(through: client)[0]
            #expect(
                stream.position == Position(kept)
                    && stream.ancestors.map(\.at) == (damage == "clean" ? [] : [stream.position])
            )
            try Scribe(client, after: kept).write(200)
            return kept
        }
        switch damage {
        case "clean": #expect(kept == 400)
        case "first": #expect(kept == 0)
        default:
            let first = try #require(Int(segment.dropLast(5).suffix(20)))
            let next = try #require(Int(segments[4].dropLast(5).suffix(20)))
            #expect(damage == "missing" ? kept == first - 1 : (first..<(next - 1)).contains(kept))
        }
        let warning = journal.line(with: "given up")
        #expect((warning == nil) == (damage == "clean"))
        #expect(
            warning.map { $0.contains("last record kept=\(kept)") && $0.contains("last record given up=400") } ?? true
        )
        try TestServer.run(in: self.folder, ["log-sync": sync]) { server in
            try server.client().expectKeys(kept + 200)
        }
    }

    @Test("a log whose payloads are nobody's commands is refused with the record and the reason")
    func foreignPayloads() throws {
        try TestServer.run(in: self.folder) { server in try Scribe(try server.client()).write(1) }
        try self.folder.remove("shard-0/dump.rdb")
        let name = try self.folder.segments()[0]
        let record = try self.folder.read(name)
        // The same length, a checksum that fits, and no array: the first byte of the payload stands after 33 of header.
        var bytes = record
        bytes[33] = UInt8(ascii: "+")
        var checksum: UInt32 = .max
        for byte in bytes[4..<(bytes.count - 4)] {
            checksum ^= UInt32(byte)
            for _ in 0..<8 { checksum = checksum & 1 == 1 ? checksum >> 1 ^ 0xedb8_8320 : checksum >> 1 }
        }
        for index in 0..<4 {
            bytes[bytes.count - 4 + index] = UInt8(truncatingIfNeeded: ~checksum >> (8 * UInt32(index)))
        }
        try self.folder.write(name, bytes)
        let message = self.refusal()
        #expect(message.contains("record 1 cannot be replayed") && message.contains("not one RESP array"), "\(message)")
    }
}
