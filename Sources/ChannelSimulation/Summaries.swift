internal import Channels

extension ChannelMessage {
    /// One line for a trace.
    var summary: String {
        let text: String =
            switch self.body {
            case .syncRequest(let request):
                "asks from \(request.since) on, after \(request.previous.term)"
                    + (request.durable == request.since ? "" : ", has stored \(request.durable)")
            case .syncResponse(let response):
                "sends \(response.records.count) from \(response.first) on, decided \(response.commit)"
            case .heartbeat(let heartbeat): "\(heartbeat.role) with \(heartbeat.tail), decided \(heartbeat.commit)"
            case .nack(let nack): "says \(nack.code) to \(nack.since), has from \(nack.firstRetained) on"
            case .voteRequest(let request):
                "\(request.isPreVote ? "would you vote" : "vote") for \(request.lastTerm)/\(request.tail)"
            case .voteReply(let isGranted): isGranted ? "yes" : "no"
            case .stored(let seq): "has stored \(seq)"
            }
        return "term \(self.term) \(text)"
    }
}

extension StorageJob {
    var isVote: Bool { if case .vote = self.work { true } else { false } }

    /// One line for a trace.
    var summary: String {
        switch self.work {
        case .append(let records): "\(records.count) records from \(records.first?.seq ?? 0) on"
        case .truncate(let seq): "a cut at \(seq)"
        case .skip(let seq): "a skip to \(seq)"
        case .restart(let seq, _, let records): "\(records.count) records in place of all, from \(seq) on"
        case .vote(let ballot): "its vote for \(ballot.votedFor.map { "\($0)" } ?? "nobody") in term \(ballot.term)"
        case .install(_, let tail, _, _): "a snapshot that ends before \(tail)"
        }
    }
}

extension ChannelCounters {
    /// What the report needs of an earlier life.
    mutating func add(_ other: ChannelCounters) {
        self.recordsDiscarded += other.recordsDiscarded
        self.recordsSkipped += other.recordsSkipped
        self.snapshots += other.snapshots
        self.divergences += other.divergences
    }
}
