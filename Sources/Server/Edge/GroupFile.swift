// group-<i>.json: what a member of a group has promised for a shard. It is synced before anybody hears of it.

import Channels
import FoundationEssentials
import Primitives

struct GroupFile: Equatable, Sendable {
    static let format = 1

    var ballot: Ballot
    /// Everything before it was decided when this was written; more may be.
    var commit: Seq
    /// Records of one policy mean something else under the other.
    var election: ElectionPolicy

    struct Malformed: Error, CustomStringConvertible {
        var description: String
    }

    private struct Text: Codable {
        var format: Int
        var term: UInt64
        var votedFor: UInt16?
        var commit: UInt64
        var election: String
    }

    static func name(ofShard index: Int) -> String { "group-\(index).json" }

    init(ballot: Ballot = Ballot(), commit: Seq = 0, election: ElectionPolicy) {
        self.ballot = ballot
        self.commit = commit
        self.election = election
    }

    init(json: [UInt8]) throws(Malformed) {
        guard let text = try? JSONDecoder().decode(Text.self, from: Data(json)),
            let election = ElectionPolicy(rawValue: text.election)
        else {
            throw Malformed(
                description:
                    "a file group-<i>.json is damaged: what this node has promised is not known any more; empty its data"
                    + " directory, and it copies another member"
            )
        }
        guard text.format == Self.format else {
            throw Malformed(
                description: "group-<i>.json has format \(text.format), and this version knows \(Self.format)"
            )
        }
        self.ballot = Ballot(term: text.term, votedFor: text.votedFor.map { NodeID($0) })
        self.commit = text.commit
        self.election = election
    }

    var json: [UInt8] {
        let text = Text(
            format: Self.format,
            term: self.ballot.term,
            votedFor: self.ballot.votedFor?.number,
            commit: self.commit,
            election: self.election.rawValue
        )
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        guard let data = try? encoder.encode(text) else {
            preconditionFailure("whole numbers and names are always JSON")
        }
        return Array(data) + [UInt8(ascii: "\n")]
    }
}
