// OBJECT: how a value is kept. Source: https://redis.io/docs/latest/commands/object/
//
// Deviation: there is one structure for collections of any size. `ENCODING` names what Redis would use for a value of that
// size and shape; nothing here counts accesses, so that `FREQ` is refused as in a Redis without that policy, and
// `IDLETIME` is 0.

import Primitives
import RESP

extension Keyspace {
    mutating func object(_ command: Command, _ reply: Writer) {
        let subcommands: [StaticString] = ["ENCODING", "REFCOUNT", "IDLETIME", "FREQ"]
        let word = command[1]
        guard let name = subcommands.first(where: { word.equalsIgnoringCase($0) }) else {
            return reply.error(CommandError.unknownSubcommand(command))
        }
        guard command.count == 3 else { return reply.error(CommandError.wrongArity("object|\(name)")) }
        guard let entry = self.read(command[2]) else { return reply.null() }
        if word.equalsIgnoringCase("ENCODING") {
            reply.bulk(Self.encoding(entry))
        } else if word.equalsIgnoringCase("REFCOUNT") {
            reply.integer(1)
        } else if word.equalsIgnoringCase("IDLETIME") {
            reply.integer(0)
        } else {
            reply.error(
                "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when "
                    + "switching between policies at runtime LRU and LFU data will take some time to adjust."
            )
        }
    }

    /// Redis's limits of its compact forms.
    private static let mostCompactElements = 128
    private static let mostCompactBytes = 64
    private static let mostCompactIntegers = 512
    private static let mostEmbeddedBytes = 44

    private static func encoding(_ entry: Entry) -> StaticString {
        guard let box = entry.box else {
            if Decimal.read(entry.value) != nil { return "int" }
            return entry.valueLength <= Self.mostEmbeddedBytes ? "embstr" : "raw"
        }
        switch box.kind {
        case .string: return "raw"
        case .list: return "quicklist"
        case .set:
            guard box.count <= Self.mostCompactIntegers else { return "hashtable" }
            return self.all(box) { Decimal.read($0.member) != nil } ? "intset" : "hashtable"
        case .hash: return self.isCompact(box) ? "listpack" : "hashtable"
        case .sortedSet: return self.isCompact(box) ? "listpack" : "skiplist"
        }
    }

    private static func isCompact(_ box: CollectionBox) -> Bool {
        box.count <= Self.mostCompactElements
            && self.all(box) { $0.member.count <= Self.mostCompactBytes && $0.value.count <= Self.mostCompactBytes }
    }

    private static func all(_ box: CollectionBox, _ holds: (Element) -> Bool) -> Bool {
        var all = true
        box.main.visit(from: 0) {
            all = holds($0)
            return all
        }
        return all
    }
}
