package import Primitives

/// What a writer waits for.
package enum CommitRule: Hashable, Sendable {
    /// `WAIT`: so many replicas have applied the write.
    case applied(Int)
    /// `WAITAOF`: this node's log (if asked for) and so many replicas have it durable.
    case durable(local: Bool, replicas: Int)
    /// `--commit ack:<n>`: so many replicas have it durable.
    case acknowledged(Int)
    /// `--commit quorum`: a majority of the valid slots plus this node has it durable.
    case quorum
    /// `--commit regions:<n>`: replicas of so many regions have it durable.
    case regions(Int)
}

/// A replica as far as writers care.
package struct CommitReplica: Equatable, Sendable {
    /// nil for one that never acknowledged anything; nobody counts it.
    package var applied: Position?
    package var durable: Position?
    package var region: String?
    /// `WAIT`, `WAITAOF` and every rule but the quorum count connected replicas only, as in Redis.
    package var isConnected: Bool
    /// It has a valid slot, and so a voice in the quorum, connected or not: a replica that is away makes the majority no
    /// smaller, and what it had made durable it still has.
    package var isMember: Bool

    package init(applied: Position?, durable: Position?, region: String?, isConnected: Bool, isMember: Bool) {
        self.applied = applied
        self.durable = durable
        self.region = region
        self.isConnected = isConnected
        self.isMember = isMember
    }
}

/// How far this node and its replicas are.
package struct CommitProgress: Sendable {
    /// Everybody who is connected or has a valid slot.
    package var replicas: [CommitReplica]
    /// Everything up to here this node's own log has durable; nil without a log.
    package var local: Position?

    package init(replicas: [CommitReplica], local: Position?) {
        self.replicas = replicas
        self.local = local
    }
}

/// A wait that is over.
package struct CommitOutcome: Equatable, Sendable {
    package var token: UInt64
    /// False when its time ran out, or it was given up, first.
    package var isReached: Bool
    /// Whether this node's own log has the write durable.
    package var isLocal: Bool
    /// What the rule counts: replicas that applied the write or have it durable, members of the quorum without this node, or
    /// regions.
    package var count: Int

    package init(token: UInt64, isReached: Bool, isLocal: Bool, count: Int) {
        self.token = token
        self.isReached = isReached
        self.isLocal = isLocal
        self.count = count
    }
}

/// Progress, sorted so that every rule finds its answer in it without looking at the replicas again.
struct CommitReach {
    /// Each descending.
    private var applied: [Position] = []
    private var durable: [Position] = []
    private var members: [Position] = []
    /// Members and this node.
    private var quorum: [Position] = []
    private var regions: [Position] = []
    private var local: Position?
    private var memberCount = 0

    init() {}

    init(_ progress: CommitProgress) {
        self.local = progress.local
        var byRegion: [String: Position] = [:]
        for replica in progress.replicas {
            if replica.isMember {
                self.memberCount += 1
                if let durable = replica.durable { self.members.append(durable) }
            }
            guard replica.isConnected else { continue }
            if let applied = replica.applied { self.applied.append(applied) }
            guard let durable = replica.durable else { continue }
            self.durable.append(durable)
            if let region = replica.region { byRegion[region] = max(byRegion[region] ?? 0, durable) }
        }
        self.quorum = self.members
        if let local = progress.local { self.quorum.append(local) }
        self.regions = Array(byRegion.values)
        self.applied.sort(by: >)
        self.durable.sort(by: >)
        self.members.sort(by: >)
        self.quorum.sort(by: >)
        self.regions.sort(by: >)
    }

    /// The highest position at which a rule holds; nil when it holds at none.
    func position(for rule: CommitRule) -> Position? {
        switch rule {
        case .applied(let count): return Self.position(count, in: self.applied)
        case .acknowledged(let count): return Self.position(count, in: self.durable)
        case .regions(let count): return Self.position(count, in: self.regions)
        case .quorum: return Self.position((self.memberCount + 1) / 2 + 1, in: self.quorum)
        case .durable(let isLocal, let count):
            guard let replicas = Self.position(count, in: self.durable) else { return nil }
            guard isLocal else { return replicas }
            return self.local.map { min($0, replicas) }
        }
    }

    /// The highest position that so many have.
    private static func position(_ count: Int, in positions: [Position]) -> Position? {
        guard count > 0 else { return .max }
        return count <= positions.count ? positions[count - 1] : nil
    }

    func outcome(_ token: UInt64, at position: Position, _ rule: CommitRule, isReached: Bool) -> CommitOutcome {
        let counted =
            switch rule {
            case .applied: self.applied
            case .acknowledged, .durable: self.durable
            case .regions: self.regions
            case .quorum: self.members
            }
        return CommitOutcome(
            token: token,
            isReached: isReached,
            isLocal: self.local.map { $0 >= position } ?? false,
            count: Self.count(counted, from: position)
        )
    }

    /// How many of the positions are at or beyond one.
    private static func count(_ positions: [Position], from position: Position) -> Int {
        var low = 0
        var high = positions.count
        while low < high {
            let middle = (low + high) / 2
            if positions[middle] >= position { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
