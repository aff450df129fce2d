import Keyspace
import Primitives
import RDB
import RESP
import Testing

@testable import Engine

@Suite struct SnapshotDamageTests {
    private static func file() -> [UInt8] {
        var scene = SnapshotScene(seed: 21, keyCount: 40)
        scene.fill()
        return scene.snapshot(limit: 5000)
    }

    @Test("A snapshot that is cut anywhere is incomplete, and nothing of it is seen")
    func cut() {
        let file = Self.file()
        for length in stride(from: 0, to: file.count, by: max(1, file.count / 1500)) {
            do throws(SnapshotError) {
                _ = try load(Array(file[..<length]), pieces: 1000)
                Issue.record("a snapshot of \(length) of \(file.count) bytes was taken")
            } catch {
                #expect(error.code == .incomplete)
                #expect(error.offset == length)
            }
        }
    }

    @Test("A snapshot with a wrong byte anywhere is refused with a place in it")
    func corrupt() {
        let file = Self.file()
        var generator = SeededGenerator(seed: 4)
        for place in stride(from: 0, to: file.count, by: max(1, file.count / 1500)) {
            var damaged = file
            damaged[place] ^= UInt8.random(in: 1...255, using: &generator)
            do throws(SnapshotError) {
                _ = try load(damaged, pieces: 1000)
                Issue.record("a snapshot with a wrong byte at \(place) was taken")
            } catch {
                #expect(error.offset >= 0 && error.offset <= file.count)
                #expect(!error.message.isEmpty)
            }
        }
    }

    @Test("After an error a loader says the same again")
    func staysFailed() {
        var file = Self.file()
        file[file.count - 1] ^= 1
        let loader = SnapshotLoader(seed: 1)
        let failures = (0..<3).map { round in
            do throws(SnapshotError) {
                if round < 2 { _ = try load(file, into: loader) } else { _ = try loader.finish() }
                return SnapshotError?.none
            } catch {
                return error
            }
        }
        #expect(failures[0]?.underlying?.code == .checksumMismatch)
        #expect(failures[0]?.code == .damaged)
        #expect(failures[1] == failures[0] && failures[2] == failures[0])
    }

    @Test("A key or an element that is there twice is an error that names it and its place")
    func duplicates() {
        let encoder = RDBEncoder()
        let writer = Writer()
        encoder.header(to: writer)
        encoder.string(Bytes("first"), Bytes("1"), expiry: nil, to: writer)
        let twice = writer.count
        encoder.string(Bytes("first"), Bytes("2"), expiry: nil, to: writer)
        do throws(SnapshotError) {
            _ = try load(Array(writer.bytes), pieces: 3)
            Issue.record("a key was there twice")
        } catch {
            #expect(error.code == .duplicateKey)
            #expect(error.offset == twice)
            #expect(error.message.contains("\"first\""))
        }
    }

    @Test("An element that is there twice is an error that names its key", arguments: [RDBKind.set, .hash, .sortedSet])
    func duplicateElements(kind: RDBKind) {
        var encoder = RDBEncoder()
        let writer = Writer()
        encoder.header(to: writer)
        encoder.begin(kind, Bytes("key"), count: 2, expiry: nil, to: writer)
        var place = 0
        for _ in 0..<2 {
            place = writer.count
            switch kind {
            case .set, .list: encoder.member(Bytes("member"), to: writer)
            case .hash: encoder.field(Bytes("member"), Bytes("value"), to: writer)
            case .sortedSet: encoder.member(Bytes("member"), score: 1, to: writer)
            }
        }
        do throws(SnapshotError) {
            _ = try load(Array(writer.bytes))
            Issue.record("an element was there twice")
        } catch {
            #expect(error.code == .duplicateElement)
            #expect(error.offset == place)
            #expect(error.message.contains("\"key\""))
        }
    }

    @Test("A file that is none of ours belongs to no history")
    func foreign() throws {
        var encoder = RDBEncoder()
        let writer = Writer()
        encoder.header(to: writer)
        encoder.aux("redis-ver", "7.0.15", to: writer)
        encoder.string(Bytes("key"), Bytes("value"), expiry: nil, to: writer)
        encoder.end(from: 0, to: writer)
        let loaded = try load(Array(writer.bytes))
        #expect(loaded.isForeign && loaded.history == nil && loaded.position == nil && loaded.keyCount == 1)
    }
}
