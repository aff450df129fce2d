// What a full copy takes: bytes on the wire, processor time of the primary, time, and memory beside the data.

package import Measurement

package struct CopyModel: Sendable {
    /// Bytes of one copy: keys·(a + b·value size).
    package let bytes: LinearModel
    /// Processor time of the primary and its children, in seconds.
    package let processor: LinearModel?
    /// From the first connecting to the last byte, in seconds.
    package let seconds: LinearModel?
    /// By which factor single trials took longer or shorter than the model says.
    package let secondsSpread: ClosedRange<Double>?
    /// What it took beside the data at its peak, with nobody writing, over all configurations; in bytes.
    package let extra: ClosedRange<Double>?

    /// Reads copies to one replica that reads them and throws them away, without a file and without a load.
    package init?(_ record: RunRecord, target: String) {
        let cases = record.cases.filter { one in
            one.target == target && one.scenario == "snapshot" && one.parameter("receiver") == "discarding"
                && one.parameter("transfer") == "streamed" && one.value("write_rate") == 0
                && one.value("replicas") == 1 && one.parameter("snapshot_chunk_size") == nil
        }
        func model(_ metric: String, _ terms: [Term], _ choice: CaseRecord.Choice = .median) -> LinearModel? {
            let observations = cases.compactMap { one in
                var configuration = Configuration()
                configuration.keys = one.configuration.keys
                configuration.valueSize = one.configuration.valueSize
                return one.observation(configuration, metric, choice)
            }
            return LinearModel(observations, terms: terms, corners: [.valueSize], ranges: [.keys])
        }
        guard let bytes = model("copy_bytes", [.keys, .keysTimesValueSize]) else { return nil }
        self.bytes = bytes
        self.processor = model("copy_primary_cpu", [.keys, .keysTimesValueSize, .one], .smallest)
        let seconds = model("copy_total", [.keys, .keysTimesValueSize, .one])
        self.seconds = seconds
        self.secondsSpread = Summary(
            cases.flatMap { one in
                one.values("copy_total").map { $0 / (seconds?.value(one.configuration) ?? $0) }.filter(\.isFinite)
            }
        )
        .map { $0.minimum...$0.maximum }
        self.extra = Summary(cases.flatMap { $0.values("memory_extra") }).map { $0.minimum...$0.maximum }
    }
}

/// How fast replicas take what they missed, as a run measured it.
package struct DrainModel: Sendable {
    /// Mutations a second, over the trials.
    package let rate: Summary
    /// Whether the replica was a live server that applied them, or one that reads and throws away.
    package let isLive: Bool

    package init?(_ record: RunRecord, target: String) {
        let cases = record.cases.filter { $0.target == target }
        if let live = Summary(cases.flatMap { $0.values("drain_rate") }) {
            self.rate = live
            self.isLive = true
            return
        }
        let single = cases.filter { $0.parameter("behaviour") == "fast" && $0.value("replicas") == 1 }
        guard let read = Summary(single.flatMap { $0.values("delivered_rate") }) else { return nil }
        self.rate = read
        self.isLive = false
    }
}
