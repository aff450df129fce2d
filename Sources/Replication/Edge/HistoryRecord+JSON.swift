// history.json:
//
//     {"version": 1, "history": "<40 hex digits>", "ancestors": [{"history": "…", "left": 17}],
//      "cleanShutdown": 20, "sync": "always", "followed": true}

internal import FoundationEssentials
internal import Primitives
internal import ReplicationLog

extension HistoryRecord {
    package static let fileName = "history.json"
    package static let newestVersion = 1

    /// Pretty-printed with sorted keys: an operator reads it when histories disagree.
    package var json: [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        let content = Content(
            version: Self.newestVersion,
            history: self.history.hex,
            ancestors: self.ancestors.map { Content.Left(history: $0.history.hex, left: $0.left) },
            cleanShutdown: self.cleanShutdown,
            sync: self.sync.rawValue,
            followed: self.isFollowed ? true : nil
        )
        guard let data = try? encoder.encode(content) else {
            preconditionFailure("numbers and hex digits always fit into JSON")
        }
        return Array(data) + [UInt8(ascii: "\n")]
    }

    package init(json: [UInt8]) throws(NodeFileError) {
        let content = try NodeFile.decode(Content.self, from: json, name: Self.fileName, newest: Self.newestVersion)
        guard let sync = LogSync(rawValue: content.sync) else {
            throw NodeFileError(.malformed, "\(Self.fileName) is damaged: no such sync policy as \(content.sync)")
        }
        var ancestors: [Ancestor] = []
        for ancestor in content.ancestors {
            ancestors.append(Ancestor(history: try Self.history(ancestor.history), left: ancestor.left))
        }
        self.init(
            history: try Self.history(content.history),
            ancestors: ancestors,
            cleanShutdown: content.cleanShutdown,
            sync: sync,
            isFollowed: content.followed ?? false
        )
    }

    private static func history(_ text: String) throws(NodeFileError) -> History {
        guard let history = History(text: text), history != .none else {
            throw NodeFileError(.malformed, "\(Self.fileName) is damaged: \(text) is no history")
        }
        return history
    }

    private struct Content: Codable {
        struct Left: Codable {
            var history: String
            var left: Position
        }

        var version: Int
        var history: String
        var ancestors: [Left]
        var cleanShutdown: Position?
        var sync: String
        /// Files of older versions have none.
        var followed: Bool?
    }
}

extension History {
    /// Reads exactly forty hex digits.
    init?(text: String) {
        var text = text
        guard let history = text.withUTF8({ History(hex: Bytes($0)) }) else { return nil }
        self = history
    }
}
