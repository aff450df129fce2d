// What a primary holds: its own, the data, the links, and the stream that it keeps for replicas. The stream is kept once
// however many replicas read it; what differs between products is whether a replica that stopped reading holds it back.

package import Measurement

package struct MemoryModel: Sendable {
    /// What the server allocates before it has data, in bytes.
    package let empty: Double
    package let emptyResident: Double
    /// Bytes allocated for the data: keys·(a + b·value size).
    package let data: LinearModel
    /// Bytes allocated for one replica that has everything.
    package let perReplica: Double
    /// Bytes held per byte of backlog: chunks are taken whole.
    package let chunkFactor: Double
    /// Whether a replica that stopped reading keeps the stream in memory beyond the backlog.
    package let isHeldBack: Bool
    /// Bytes of the stream that left the primary for the kernel before a stopped replica held it up.
    package let inSockets: Double
    /// Resident bytes per allocated one, beyond the empty server's.
    package let residentFactor: Double
    /// Bytes of stream that can be resumed from, per byte of backlog.
    package let reach: Double
    package let ranges: Ranges

    package private(set) var allocatedChecks: [Check] = []
    package private(set) var residentChecks: [Check] = []
    package private(set) var bufferChecks: [Check] = []
    /// The backlog that the model asks for, against the one that was there, for the distance that it was seen to bridge.
    package private(set) var backlogChecks: [Check] = []

    /// A stalled replica holds the stream back where buffers grow by more than this beyond the backlog.
    private static let heldBackFactor = 1.5

    /// Reads the cases of the scenario `capacity`. `nil` without enough of them.
    /// - Parameter frame: bytes of a mutation by value size.
    package init?(_ record: RunRecord, target: String, frame: LinearModel) {
        let cases = record.cases.filter { $0.target == target && $0.scenario == "capacity" }
        let places = cases.compactMap(Place.init)
        let corners: [Configuration.Coordinate] = [.replicas, .valueSize]
        let split = Split(places.map { Observation($0.configuration, $0.allocated) }, along: corners)
        let chosen = Set(split.fitted.map(\.configuration))
        let fitted = places.filter { chosen.contains($0.configuration) }
        guard
            let data = LinearModel(
                places.map { Observation($0.configuration, $0.data) },
                terms: [.keys, .keysTimesValueSize],
                corners: corners,
                ranges: [.keys]
            ),
            let empty = Summary(fitted.map(\.empty))?.median,
            let emptyResident = Summary(fitted.map(\.emptyResident))?.median,
            let chunkFactor = Summary(
                fitted.filter { $0.configuration.stalled == 0 }.map { $0.buffers / $0.configuration.backlog }
            )?.median,
            let reach = Summary(
                fitted.map { $0.reach * frame.value($0.configuration) / $0.configuration.backlog }
            )?.median
        else { return nil }
        let beyond = fitted.filter { $0.configuration.stalled > 0 }.filter { place in
            place.buffers > Self.heldBackFactor * chunkFactor * place.configuration.backlog
        }
        self.data = data
        self.empty = empty
        self.emptyResident = emptyResident
        // Of many replicas together, because an allocator hands out more than it was asked for, once.
        let counted = fitted.filter { $0.perReplica != nil }
        let links = counted.reduce(0) { $0 + $1.configuration.replicas }
        let bytes = counted.reduce(0) { $0 + ($1.perReplica ?? 0) * $1.configuration.replicas }
        self.perReplica = links > 0 ? max(0, bytes / links) : 0
        self.chunkFactor = chunkFactor
        self.reach = reach
        self.isHeldBack = !beyond.isEmpty
        self.inSockets =
            Summary(beyond.map { max(0, $0.configuration.pending - $0.buffers / chunkFactor) })?.median ?? 0
        self.residentFactor =
            Summary(fitted.map { ($0.resident - emptyResident) / ($0.allocated - empty) })?.median ?? 1
        self.ranges = Ranges(places.map(\.configuration), [.replicas, .valueSize, .stalled, .keys, .backlog])
        for place in places where !chosen.contains(place.configuration) { self.check(place, frame) }
    }

    private mutating func check(_ place: Place, _ frame: LinearModel) {
        func check(_ measured: Double, _ predicted: Double) -> Check {
            Check(Observation(place.configuration, measured), predicted: predicted)
        }
        self.bufferChecks.append(check(place.buffers, self.buffers(place.configuration)))
        self.allocatedChecks.append(check(place.allocated, self.allocated(place.configuration)))
        self.residentChecks.append(check(place.resident, self.resident(place.configuration)))
        let missed = place.reach * frame.value(place.configuration)
        self.backlogChecks.append(check(place.configuration.backlog, self.backlog(toBridge: missed)))
    }

    /// What the stream takes: the backlog, or what the furthest stalled replica still lacks if that holds it back.
    package func buffers(_ configuration: Configuration) -> Double {
        guard self.isHeldBack, configuration.stalled > 0 else { return self.chunkFactor * configuration.backlog }
        return self.chunkFactor * max(configuration.backlog, configuration.pending - self.inSockets)
    }

    /// The same if every replica had a copy of its own: the backlog, and what each stalled replica lacks.
    package func copiedBuffers(_ configuration: Configuration) -> Double {
        self.chunkFactor * configuration.backlog
            + configuration.stalled * max(0, configuration.pending - self.inSockets)
    }

    package func allocated(_ configuration: Configuration) -> Double {
        self.allocated(configuration, buffers: self.buffers(configuration))
    }

    package func allocated(_ configuration: Configuration, buffers: Double) -> Double {
        self.empty + self.data.value(configuration)
            + (configuration.replicas + configuration.stalled) * self.perReplica + buffers
    }

    package func resident(_ configuration: Configuration) -> Double {
        self.resident(allocated: self.allocated(configuration))
    }

    package func resident(allocated: Double) -> Double {
        self.emptyResident + self.residentFactor * (allocated - self.empty)
    }

    /// The backlog that lets a replica resume after it has missed so many bytes of the stream.
    package func backlog(toBridge missed: Double) -> Double { missed / self.reach }
}

/// One configuration of the scenario `capacity`, as medians.
private struct Place {
    let configuration: Configuration
    let empty: Double
    let emptyResident: Double
    let data: Double
    let perReplica: Double?
    let allocated: Double
    let resident: Double
    let buffers: Double
    /// Mutations.
    let reach: Double

    init?(_ measured: CaseRecord) {
        guard let empty = measured.median("empty_allocated"), let emptyResident = measured.median("empty_rss"),
            let data = measured.median("data_allocated"), let allocated = measured.median("allocator_allocated"),
            let resident = measured.median("rss"), let buffers = measured.median("mem_total_replication_buffers"),
            let reach = measured.median("backlog_reach"), measured.configuration.backlog > 0, buffers > 0,
            reach > 0, data > 0, allocated > empty
        else { return nil }
        self.configuration = measured.configuration
        self.empty = empty
        self.emptyResident = emptyResident
        self.data = data
        self.perReplica = measured.median("replica_allocated")
        self.allocated = allocated
        self.resident = resident
        self.buffers = buffers
        self.reach = reach
    }
}
