// `REPL.TOPOLOGY` as a replica reads it: where each stream of the primary is, and which numbering it has.

package import Primitives

package struct TopologyAnswer: Equatable, Sendable {
    package struct Stream: Equatable, Sendable {
        /// Where replicas connect.
        package var port: UInt16
        package var history: History
        package var ancestors: [Ancestor]
        package var position: Position

        package init(port: UInt16, history: History, ancestors: [Ancestor], position: Position) {
            self.port = port
            self.history = history
            self.ancestors = ancestors
            self.position = position
        }
    }

    /// One a shard.
    package var streams: [Stream]

    package init(streams: [Stream]) { self.streams = streams }

    /// The command, as it is sent.
    package static let question = "*1\r\n$13\r\nREPL.TOPOLOGY\r\n"
    /// Bytes of an answer; a thousand replicas take some 300 KiB a shard.
    package static let longest = 64 << 20

    /// Reads the answer; nil while more of it is to come.
    package static func read(_ bytes: Bytes) throws(TopologyError) -> TopologyAnswer? {
        switch ReplyScan(bytes) {
        case .incomplete:
            guard bytes.count <= Self.longest else { throw .malformed }
            return nil
        case .malformed: throw .malformed
        case .reply(.error(let reason), _): throw .refused(String(reason.text.prefix(256)))
        case .reply(let reply, _):
            guard let list = reply["streams"]?.elements, !list.isEmpty else { throw .malformed }
            var streams: [Stream] = []
            for entry in list {
                guard let stream = Self.stream(entry) else { throw .malformed }
                streams.append(stream)
            }
            return TopologyAnswer(streams: streams)
        }
    }

    private static func stream(_ reply: ReplyValue) -> Stream? {
        guard let port = reply["port"]?.number.flatMap({ UInt16(exactly: $0) }), port > 0,
            let history = Self.history(reply["history"]),
            let position = reply["position"]?.number.flatMap({ Position(exactly: $0) })
        else { return nil }
        var ancestors: [Ancestor] = []
        for entry in reply["ancestors"]?.elements ?? [] {
            guard let pair = entry.elements, pair.count == 2, let ancestor = Self.history(pair[0]),
                let left = pair[1].number.flatMap({ Position(exactly: $0) })
            else { return nil }
            ancestors.append(Ancestor(history: ancestor, left: left))
        }
        return Stream(port: port, history: history, ancestors: ancestors, position: position)
    }

    private static func history(_ reply: ReplyValue?) -> History? {
        guard case .bulk(let digits)? = reply, let history = History(hex: digits), history != .none else { return nil }
        return history
    }
}

/// Why a primary's answer is of no use.
package enum TopologyError: Error, Equatable, Sendable, CustomStringConvertible {
    case malformed
    /// What it answered instead.
    case refused(String)
    /// Keys would lie in other shards there than here.
    case otherShards(theirs: Int, ours: Int)

    package var description: String {
        switch self {
        case .malformed: "the primary's answer to REPL.TOPOLOGY makes no sense"
        case .refused(let reason): "the primary does not answer REPL.TOPOLOGY (\(reason)): is it a sluice node?"
        case .otherShards(let theirs, let ours):
            "the primary has \(theirs) shards and this node \(ours): start this node with --shards \(theirs)"
        }
    }
}
