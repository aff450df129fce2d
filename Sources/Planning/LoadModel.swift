// What a write costs while replicas read: bytes in the stream, and processor time of the primary, which pays for the write
// itself and for handing it to each replica.

package import Measurement

package struct LoadModel: Sendable {
    /// Bytes of one mutation as it travels.
    package let frame: LinearModel?
    /// Processor time of the primary per write, in microseconds: a + b·value size + replicas·(c + d·value size).
    package let processor: LinearModel?
    /// Delivered mutations a second over the number of replicas, at the value size that was measured with most numbers.
    package let saturation: Saturation?
    package let saturationValueSize: Double
    /// Bytes that a record of the log on disk takes beyond the mutation in the stream; nil without a log.
    package let logExtra: Double?
    /// Commands that a client had on their way at a time.
    package let pipeline: Int

    /// - Parameter pipeline: nil takes the one with most configurations.
    package init(_ record: RunRecord, target: String, pipeline: Int? = nil) {
        let loads = record.cases.filter {
            $0.target == target && $0.parameter("behaviour") == "fast" && $0.parameter("load_limit") == nil
        }
        let counts = Dictionary(grouping: loads) { Int($0.value("pipeline") ?? 0) }.mapValues(\.count)
        let usual = counts.max { ($0.value, $0.key) < ($1.value, $1.key) }?.key ?? 0
        self.pipeline = pipeline ?? usual
        let cases = loads.filter { Int($0.value("pipeline") ?? 0) == pipeline ?? usual }
        let frame = LinearModel(Self.frames(cases), terms: [.one, .valueSize], corners: [.valueSize])
        self.frame = frame
        self.logExtra =
            Summary(
                record.cases.filter { $0.target == target && $0.scenario == "resume" }.flatMap { one in
                    one.values("log_record_bytes").map { $0 - (frame?.value(one.configuration) ?? 0) }
                }
            )?.median
        self.processor = LinearModel(
            cases.compactMap { $0.observation($0.configuration, "primary_cpu_per_write", .smallest) },
            terms: [.one, .replicas, .valueSize, .replicasTimesValueSize],
            corners: [.replicas, .valueSize]
        )
        let bySize = Dictionary(grouping: cases) { $0.configuration.valueSize }
        let largest = bySize.max { ($0.value.count, $0.key) < ($1.value.count, $1.key) }
        self.saturationValueSize = largest?.key ?? 0
        self.saturation = Saturation(
            (largest?.value ?? []).compactMap { one in
                one.median("delivered_rate").map { (n: one.configuration.replicas, throughput: $0) }
            }
        )
    }

    /// Bytes received ÷ mutations received, one observation for each value size: replicas all get the same bytes.
    private static func frames(_ cases: [CaseRecord]) -> [Observation] {
        let bySize = Dictionary(grouping: cases.filter { $0.configuration.replicas > 0 }) { $0.configuration.valueSize }
        return bySize.sorted { $0.key < $1.key }.compactMap { size, cases in
            let sizes = cases.flatMap { one in
                zip(one.values("delivered_bytes_rate"), one.values("delivered_rate")).filter { $0.1 > 0 }
                    .map { $0.0 / $0.1 }
            }
            var configuration = Configuration()
            configuration.valueSize = size
            return Summary(sizes).map {
                Observation(configuration, value: $0.median, lowest: $0.minimum, highest: $0.maximum)
            }
        }
    }
}
