import Primitives
import RESP
import Testing

@testable import Keyspace

@Suite struct CommandTableTests {
    private let table = CommandTable()

    private func find(_ name: String) -> CommandID? {
        name.withBytes { self.table.index(of: $0) }.map { self.table.specs[$0].id }
    }

    @Test("Every command is found by its name in any case")
    func found() {
        var ids: Set<CommandID> = []
        for spec in self.table.specs {
            let name = "\(spec.name)"
            #expect(self.find(name) == spec.id)
            #expect(self.find(name.uppercased()) == spec.id)
            #expect(self.find(name.prefix(1).uppercased() + name.dropFirst()) == spec.id)
            ids.insert(spec.id)
        }
        #expect(ids.count == self.table.specs.count)
    }

    @Test("What is nearly a name is none")
    func nearMisses() {
        let names = Set(self.table.specs.map { "\($0.name)" })
        for spec in self.table.specs {
            let name = "\(spec.name)"
            for miss in [name + "x", " " + name, name + " ", name + "\0", String(name.dropLast()) + "!"]
            where !names.contains(miss) {
                #expect(self.find(miss) == nil, "\(miss)")
            }
        }
        for miss in ["", "ge", "gets", "setn", "sett", "SE\u{14}", "@et", String(repeating: "a", count: 17)] {
            #expect(self.find(miss) == nil)
        }
    }

    @Test("A command names its keys")
    func keys() throws {
        func keys(_ name: String, _ count: Int) throws -> [Int] {
            let index = try #require(name.withBytes { self.table.index(of: $0) })
            return Array(self.table.specs[index].keyIndices(argumentCount: count))
        }
        #expect(try keys("get", 2) == [1])
        #expect(try keys("mset", 7) == [1, 3, 5])
        #expect(try keys("del", 4) == [1, 2, 3])
        #expect(try keys("copy", 4) == [1, 2])
        #expect(try keys("ping", 2).isEmpty)
        #expect(try keys("scan", 4).isEmpty)
    }

    @Test("A command is a write or a read when it concerns keys, and never both")
    func flags() {
        for spec in self.table.specs {
            let isWrite = spec.flags.contains(.write)
            let isRead = spec.flags.contains(.readonly)
            #expect(!(isWrite && isRead), "\(spec.name)")
            if spec.scope != .connection { #expect(isWrite || isRead, "\(spec.name)") }
        }
    }

    @Test("An unknown command is quoted with the beginning of its arguments")
    func unknown() {
        var parser = CommandParser()
        Array("foo bar 'b z'\r\n".utf8).withUnsafeBytes { bytes in
            #expect(parser.next(in: bytes) == .command(consumed: 15))
            let text = CommandError.unknown(parser.current)
            #expect(text == "ERR unknown command 'foo', with args beginning with: 'bar' 'b z' ")
        }
    }
}
