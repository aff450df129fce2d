/// What happened since the channel was made.
package struct ChannelCounters: Equatable, Sendable {
    /// By role that was taken.
    package var leaderships: UInt64 = 0
    package var candidacies: UInt64 = 0
    package var rounds: UInt64 = 0
    /// Leaderships that ended because somebody else's claim was better.
    package var concessions: UInt64 = 0
    /// Changes of role that came too late.
    package var refusedTransitions: UInt64 = 0

    /// Messages from nodes outside the replica set.
    package var strangers: UInt64 = 0
    /// Messages for another channel.
    package var foreignChannels: UInt64 = 0
    /// Bytes of members that were no message.
    package var malformed: UInt64 = 0
    /// Messages that found their lane full.
    package var laneOverflows: UInt64 = 0
    /// Messages of terms that are over.
    package var staleTerms: UInt64 = 0

    /// Answers to nothing that was asked.
    package var unknownIDs: UInt64 = 0
    /// Answers from somebody whom the node does not believe in, or that came after it stopped being a replica.
    package var unwantedAnswers: UInt64 = 0
    /// Chunks that begin before the tail.
    package var staleChunks: UInt64 = 0
    /// Chunks whose numbers do not follow each other.
    package var brokenChunks: UInt64 = 0
    package var recordsPulled: UInt64 = 0
    package var emptyAnswers: UInt64 = 0
    package var nacksReceived: UInt64 = 0

    package var gaps: UInt64 = 0
    /// Records that were passed over in gaps.
    package var recordsSkipped: UInt64 = 0
    /// Gaps where the leader still had what was missing.
    package var suspectedDivergences: UInt64 = 0
    package var divergences: UInt64 = 0
    /// Records that were cut away because the leader does not have them.
    package var recordsDiscarded: UInt64 = 0
    package var snapshots: UInt64 = 0

    package var chunksServed: UInt64 = 0
    package var recordsServed: UInt64 = 0
    /// Times that an answer was held until the budget covers it.
    package var answersPaced: UInt64 = 0
    package var backPressures: UInt64 = 0
    /// Answers that were not sent because the node no longer led.
    package var abandonedAnswers: UInt64 = 0
    package var refunds: UInt64 = 0

    /// Times that the disk took no more, by role.
    package var diskPressuresOnLeader: UInt64 = 0
    package var diskPressuresOnReplica: UInt64 = 0
    package var diskPressuresOnCandidate: UInt64 = 0
    package var diskPressuresOnIdle: UInt64 = 0
    package var announcementsFailed: UInt64 = 0
    package var writesAcknowledged: UInt64 = 0
    package var writesRefused: UInt64 = 0

    package init() {}
}

extension ChannelCounters {
    /// Every counter, as operators read it.
    package var named: [(name: String, value: UInt64)] {
        [
            ("leaderships", self.leaderships), ("candidacies", self.candidacies), ("rounds", self.rounds),
            ("concessions", self.concessions), ("refused_transitions", self.refusedTransitions),
            ("strangers", self.strangers), ("foreign_channels", self.foreignChannels), ("malformed", self.malformed),
            ("lane_overflows", self.laneOverflows), ("stale_terms", self.staleTerms),
            ("unknown_ids", self.unknownIDs), ("unwanted_answers", self.unwantedAnswers),
            ("stale_chunks", self.staleChunks), ("broken_chunks", self.brokenChunks),
            ("records_pulled", self.recordsPulled), ("empty_answers", self.emptyAnswers),
            ("nacks_received", self.nacksReceived), ("gaps", self.gaps), ("records_skipped", self.recordsSkipped),
            ("suspected_divergences", self.suspectedDivergences), ("divergences", self.divergences),
            ("records_discarded", self.recordsDiscarded), ("snapshots", self.snapshots),
            ("chunks_served", self.chunksServed), ("records_served", self.recordsServed),
            ("answers_paced", self.answersPaced), ("back_pressures", self.backPressures),
            ("abandoned_answers", self.abandonedAnswers), ("refunds", self.refunds),
            ("disk_pressures_on_leader", self.diskPressuresOnLeader),
            ("disk_pressures_on_replica", self.diskPressuresOnReplica),
            ("disk_pressures_on_candidate", self.diskPressuresOnCandidate),
            ("disk_pressures_on_idle", self.diskPressuresOnIdle),
            ("announcements_failed", self.announcementsFailed),
            ("writes_acknowledged", self.writesAcknowledged), ("writes_refused", self.writesRefused),
        ]
    }
}
