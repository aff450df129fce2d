package import Channels
package import Primitives

extension TrafficClass {
    /// As an operator writes it.
    init?(name: String) {
        switch name {
        case "foreground": self = .foreground
        case "background": self = .background
        case "realtime": self = .realtime
        default: return nil
        }
    }
}

/// What a node is told about the group that it is a member of.
package struct GroupOptions: Sendable {
    package struct Member: Equatable, Sendable, CustomStringConvertible {
        package var node: NodeID
        /// Where the others of the group find it.
        package var host: String
        package var port: UInt16

        /// Reads `id@host:port`.
        init?(_ text: some StringProtocol) {
            guard let at = text.firstIndex(of: "@"), let number = UInt16(text[..<at]),
                let address = PrimaryAddress(String(text[text.index(after: at)...]), kind: .node)
            else { return nil }
            self.node = NodeID(number)
            self.host = address.host
            self.port = address.port
        }

        package var description: String {
            "\(self.node)@\(PrimaryAddress(host: self.host, port: self.port).description)"
        }
    }

    /// By id; empty for a node that is in no group.
    package var members: [Member] = []
    package var node: NodeID?
    package var heartbeat: Milliseconds = 500
    package var election = ElectionPolicy.quorum
    package var chunkBytes = 256 << 10
    package var budget = BudgetOptions()
    /// What catch-up may cost the link.
    package var traffic = TrafficClass.foreground
    package var diskPressure = DiskPressurePolicy.withdraw
    /// A file with what all members know and nobody else.
    package var secretFile: String?
    package var certificateFile: String?
    package var keyFile: String?
    package var authorityFile: String?

    package static let heartbeats = 100...300_000
    static let chunks = 0...(64 << 20)
    /// A secret that could be guessed is none.
    static let shortestSecret = 16
    static let longestSecret = 4096

    package init() {}

    package var isEnabled: Bool { !self.members.isEmpty }

    var ownMember: Member? { self.members.first { $0.node == self.node } }

    /// Reads `id@host:port,…`.
    static func members(_ text: String) -> [Member]? {
        let members = text.split(separator: ",").map { Member($0) }
        guard !members.isEmpty, members.allSatisfy({ $0 != nil }) else { return nil }
        let known = members.compactMap { $0 }.sorted { $0.node < $1.node }
        let hasTwins = zip(known, known.dropFirst()).contains { $0.node == $1.node }
        return hasTwins || known.count > ChannelOptions.mostMembers ? nil : known
    }

    /// - Throws: what is missing, and what to do about it.
    func check(_ options: ServerOptions) throws(ServerError) {
        guard self.isEnabled else {
            guard self.node == nil, self.secretFile == nil else {
                throw ServerError(.invalidOption, "--node-id and --group-secret-file are for a member of a --group")
            }
            return
        }
        func refuse(_ reason: String) -> ServerError { ServerError(.invalidOption, reason) }
        guard let node = self.node else { throw refuse("--group needs --node-id: which of its members this node is") }
        guard self.ownMember != nil else { throw refuse("--node-id \(node) is no member of --group") }
        guard options.dataDirectory != nil else {
            throw refuse("--group needs --data-dir: a member must not forget what it has promised")
        }
        guard self.secretFile != nil else {
            throw refuse(
                "--group needs --group-secret-file: a file with the same \(Self.shortestSecret) bytes or more at every member"
                    + " (head -c 32 /dev/urandom | base64 > secret)"
            )
        }
        guard options.replicaOf == nil else { throw refuse("a member of a --group follows nobody else: --replica-of") }
        guard options.loadRDB == nil else {
            throw refuse("--load-rdb is not for a member of a --group: its data come from the group")
        }
        guard options.commitRule == nil else {
            throw refuse("--commit is not for a member of a --group: its writes wait for the group (--election quorum)")
        }
        let files = [self.certificateFile, self.keyFile, self.authorityFile]
        guard files.allSatisfy({ $0 == nil }) || files.allSatisfy({ $0 != nil }) else {
            throw refuse("--group-tls-cert, --group-tls-key and --group-tls-ca are given together, or none of them")
        }
    }

    /// What a shard's channel is told. Each of them has its part of the node's budget.
    func channel(ofShard index: Int, of shards: Int) -> ChannelOptions {
        var options = ChannelOptions(
            channel: Self.channelID(ofShard: index),
            node: self.node ?? NodeID(0),
            members: self.members.map(\.node)
        )
        options.election = self.election
        options.content = .keyspace
        options.heartbeat = Microseconds(self.heartbeat) * 1000
        options.chunkBytes = UInt32(clamping: self.chunkBytes)
        options.traffic = self.traffic
        options.diskPressure = self.diskPressure
        options.budget = self.budget
        options.budget.linkSpeed = max(1, self.budget.linkSpeed / Int64(shards))
        return options
    }

    static func channelName(ofShard index: Int) -> String { "shard/\(index)" }
    static func channelID(ofShard index: Int) -> ChannelID { ChannelID(name: self.channelName(ofShard: index)) }
}
