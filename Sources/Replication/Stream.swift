// The stream of one shard: its numbering, its backlog, and the links that read it. Pure: the shell carries bytes and time.

package import Primitives

/// How links get their bytes.
package enum FanOut: String, CaseIterable, Sendable {
    /// All links read the same chunks.
    case shared
    /// Every link holds copies of its own; a control for measurements.
    case copy
}

package struct StreamOptions: Sendable {
    /// Bytes of frames kept in memory.
    package var backlogBytes = 256 << 20
    package var chunkBytes = 1 << 20
    package var fanOut = FanOut.shared
    /// A link that makes no progress, or a long-form link that acknowledges nothing, is closed after so long.
    package var linkTimeout: Milliseconds = 60_000
    package var snapshots = SnapshotOptions()

    package init() {}
}

package struct Stream: ~Copyable {
    package var backlog: Backlog
    package private(set) var history: History
    package internal(set) var links: [Link] = []
    /// Where a link stands in `links`, by its number; and the number of the link that serves a replica id.
    private var indexes: [UInt64: Int] = [:]
    private var numbers: [String: UInt64] = [:]
    package internal(set) var closed: [LinkCloseCause: Int] = [:]
    package internal(set) var resumes: [ResumeSource: Int] = [:]
    /// Who gets a snapshot when.
    package var snapshots: SnapshotPasses
    /// Links that need one, by cause; of these, those that asked to go on from a position.
    package internal(set) var snapshotCauses: [SnapshotCause: Int] = [:]
    package internal(set) var refusedResumes = 0
    /// Links that wait for a snapshot or are sent one, in no order that means anything.
    var copying: [UInt64] = []
    /// Where the next round of sending snapshots begins.
    var nextCopying = 0
    /// Links that have been given a whole snapshot.
    var copied: [CopiedLink] = []
    /// See `StreamSummary.unreadable`.
    package internal(set) var unreadable: Position?
    package let options: StreamOptions
    package var linkTimeout: Milliseconds
    /// Where the next round of sending begins, so that no link is always the last.
    var nextLink = 0
    /// There is a log behind the backlog, and somebody who reads it.
    package var canReadLog = false
    var diskRequests: [DiskRequest] = []
    /// How often more was in the log's files.
    var logAdvances: UInt64 = 0
    private var heartbeatAt: Milliseconds = 0
    private var closingCount = 0

    /// - Parameter tip: the position at which the stream begins.
    package init(
        history: History,
        tip: Position = 0,
        options: StreamOptions,
        events: BackgroundEvents = BackgroundEvents()
    ) {
        self.history = history
        self.options = options
        self.linkTimeout = options.linkTimeout
        self.snapshots = SnapshotPasses(options.snapshots)
        self.backlog = Backlog(
            limitBytes: options.backlogBytes,
            chunkBytes: options.chunkBytes,
            tip: tip,
            events: events
        )
    }

    package var tip: Position { self.backlog.tip }

    /// The stream goes on under another history. Links were granted the old one: they end, and come back to ask anew.
    package mutating func historyChanged(to history: History) {
        self.history = history
        self.closeAll(.historyChanged)
    }

    /// The stream begins again, with other data behind it: nothing of what was sent holds any more.
    package mutating func reset(history: History, tip: Position) {
        self.historyChanged(to: history)
        self.backlog.reset(tip: tip)
        self.unreadable = nil
        self.diskRequests.removeAll()
    }

    private mutating func closeAll(_ cause: LinkCloseCause) {
        for index in self.links.indices { self.close(index, cause) }
    }

    package var summary: StreamSummary {
        StreamSummary(history: self.history, tip: self.backlog.tip, oldest: self.backlog.oldest)
    }

    /// A replica's handshake was acknowledged and its stream begins. Another link of the same id ends.
    package mutating func linkOpened(
        number: UInt64,
        transport: Int32,
        request: HandshakeRequest,
        plan: ResumePlan,
        now: Milliseconds
    ) {
        if let older = self.numbers.updateValue(number, forKey: request.id), let index = self.indexes[older] {
            self.close(index, .replaced)
        }
        let copies = self.options.fanOut == .copy ? PrivateCopies(blockBytes: self.options.chunkBytes) : nil
        self.indexes[number] = self.links.count
        var state = Link.State.streaming
        switch plan {
        case .resume(let source): self.resumes[source, default: 0] += 1
        case .snapshot(let cause):
            self.snapshotCauses[cause, default: 0] += 1
            if request.position > 0 { self.refusedResumes += 1 }
            self.snapshots.linkWaits(number, isLongForm: request.isLongForm, now: now)
            self.copying.append(number)
            state = .waiting
        }
        self.links.append(
            Link(number: number, transport: transport, request: request, state: state, now: now, copies: copies)
        )
    }

    /// The connection is gone. Returns what the link was, for whoever remembers it; nil when it is unknown.
    @discardableResult
    package mutating func linkClosed(number: UInt64) -> Link? {
        guard let index = self.indexes.removeValue(forKey: number) else { return nil }
        let link = self.links[index]
        self.leaveSnapshots(number)
        let last = self.links.removeLast()
        if last.number != number {
            self.links[index] = last
            self.indexes[last.number] = index
        }
        if self.numbers[link.request.id] == number { self.numbers[link.request.id] = nil }
        return link
    }

    /// - Returns: whether the report tells of this stream.
    @discardableResult
    package mutating func linkReported(number: UInt64, _ report: LinkReport, now: Milliseconds) -> Bool {
        guard let index = self.index(of: number) else { return false }
        self.links[index].received(report, tip: self.tip, now: now)
        if case .acknowledged(let applied, _) = report { return self.links[index].counts(applied) }
        return true
    }

    /// The transport can take bytes again.
    package mutating func linkWritable(number: UInt64) {
        guard let index = self.index(of: number) else { return }
        self.links[index].isBlocked = false
    }

    package mutating func linkSentTooMuch(number: UInt64) {
        guard let index = self.index(of: number) else { return }
        self.close(index, .excessInput)
    }

    /// Ends a link whose replica can have no slot.
    package mutating func refuseLink(number: UInt64) {
        guard let index = self.index(of: number) else { return }
        self.close(index, .noSlot)
    }

    /// Ends a link that was granted a history which has ended since.
    package mutating func outdateLink(number: UInt64) {
        guard let index = self.index(of: number) else { return }
        self.close(index, .historyChanged)
    }

    /// Ends a link on an operator's behalf.
    package mutating func killLink(number: UInt64) {
        guard let index = self.index(of: number) else { return }
        self.close(index, .killed)
    }

    func index(of number: UInt64) -> Int? { self.indexes[number] }

    /// nil for a link that is gone.
    package func state(of number: UInt64) -> Link.State? { self.index(of: number).map { self.links[$0].state } }

    mutating func close(_ index: Int, _ cause: LinkCloseCause) {
        switch self.links[index].state {
        case .streaming: break
        case .waiting, .sending: self.leaveSnapshots(self.links[index].number)
        case .closing, .ended: return
        }
        self.links[index].state = .closing(cause)
        self.closed[cause, default: 0] += 1
        self.closingCount += 1
    }

    /// A connection that the shell must end now.
    package struct Closing: Sendable {
        package var transport: Int32
        package var id: String
        package var cause: LinkCloseCause
        /// The last line to the replica; nil where it would land inside a frame.
        package var message: String?
    }

    /// Links that were given up since the last call.
    package mutating func takeClosing() -> [Closing] {
        guard self.closingCount > 0 else { return [] }
        self.closingCount = 0
        var list: [Closing] = []
        for index in self.links.indices {
            guard case .closing(let cause) = self.links[index].state else { continue }
            let link = self.links[index]
            self.links[index].state = .ended
            list.append(
                Closing(
                    transport: link.transport,
                    id: link.request.id,
                    cause: cause,
                    message: link.isBetweenFrames ? cause.message : nil
                )
            )
        }
        return list
    }

    /// To be called about ten times a second: heartbeats once a second, and dead links.
    package mutating func tick(now: Milliseconds) {
        let isHeartbeatTime = now - self.heartbeatAt >= 1000 || now < self.heartbeatAt
        if isHeartbeatTime { self.heartbeatAt = now }
        for index in self.links.indices {
            switch self.links[index].state {
            case .streaming, .waiting:
                if isHeartbeatTime, self.links[index].request.isLongForm { self.links[index].isHeartbeatDue = true }
            // Nothing goes between a snapshot's bytes.
            case .sending: self.closeIfOutrun(index)
            case .closing, .ended: continue
            }
            if self.links[index].isBlocked, now - self.links[index].progressAt > self.linkTimeout {
                self.close(index, .noProgress)
            } else if self.links[index].state == .streaming, self.links[index].request.isLongForm,
                now - self.links[index].acknowledgedAt > self.linkTimeout
            {
                self.close(index, .noAcknowledgement)
            }
        }
    }
}
