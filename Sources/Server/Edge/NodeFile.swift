// node.json: what a data directory was made with. The only file of this module that knows Foundation's coders.

import FoundationEssentials

struct NodeFile {
    static let name = "node.json"
    static let format = 1

    var shards: Int
    /// What primaries call this node; files of older versions have none.
    var replicaID: String?

    struct Malformed: Error, CustomStringConvertible {
        var description: String
    }

    private struct Text: Codable {
        var format: Int
        var shards: Int
        var replicaID: String?
    }

    /// What every format has, whatever else it holds.
    private struct Format: Decodable {
        var format: Int
    }

    init(shards: Int, replicaID: String) {
        self.shards = shards
        self.replicaID = replicaID
    }

    /// A name that no other node has.
    static func newReplicaID(_ generator: inout some RandomNumberGenerator) -> String {
        "node-" + String(UInt64.random(in: (1 << 63) ... .max, using: &generator), radix: 16)
    }

    init(json: [UInt8]) throws(Malformed) {
        let decoder = JSONDecoder()
        if let format = try? decoder.decode(Format.self, from: Data(json)).format, format > Self.format {
            throw Malformed(
                description: "it has format \(format), and this version knows \(Self.format): use a newer version"
            )
        }
        guard let text = try? decoder.decode(Text.self, from: Data(json)) else {
            throw Malformed(description: "\(Self.name) is damaged: restore it from a copy of the directory")
        }
        self.shards = text.shards
        self.replicaID = text.replicaID
    }

    var json: [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        guard let data = try? encoder.encode(Text(format: Self.format, shards: self.shards, replicaID: self.replicaID))
        else {
            preconditionFailure("whole numbers are always JSON")
        }
        return Array(data) + [UInt8(ascii: "\n")]
    }
}
