// A backend for swift-metrics that keeps the last values in memory, for somebody who comes and asks: Prometheus.

package import CoreMetrics
internal import Synchronization

package final class PrometheusRegistry: MetricsFactory {
    enum Kind: String, Sendable {
        case counter
        case gauge
        /// A sum and a number of observations.
        case summary
    }

    struct Key: Hashable, Sendable {
        var name: String
        var labels: [Label]
        var kind: Kind
    }

    struct Label: Hashable, Sendable {
        var name: String
        var value: String
    }

    private let series = Mutex<[Key: Series]>([:])

    package init() {}

    /// Everything that was told so far, as Prometheus reads it.
    package var text: String {
        PrometheusText.render(self.series.withLock { $0.mapValues(\.state) })
    }

    private func series(_ label: String, _ dimensions: [(String, String)], _ kind: Kind) -> Series {
        let labels = dimensions.map { Label(name: PrometheusText.name($0.0), value: $0.1) }
        let key = Key(name: PrometheusText.name(label), labels: labels, kind: kind)
        return self.series.withLock { series in
            if let known = series[key] { return known }
            let new = Series()
            series[key] = new
            return new
        }
    }

    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        self.series(label, dimensions, .counter)
    }

    package func makeFloatingPointCounter(
        label: String,
        dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        self.series(label, dimensions, .counter)
    }

    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        self.series(label, dimensions, .gauge)
    }

    package func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        if aggregate { return Observations(self.series(label, dimensions, .summary), scale: 1) }
        return self.series(label, dimensions, .gauge)
    }

    /// Prometheus counts time in seconds.
    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        Observations(self.series(label, dimensions, .summary), scale: 1e-9)
    }

    // A series lives as long as the process: one that went away in between two visits would never be seen.
    package func destroyCounter(_ handler: any CounterHandler) {}
    package func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
    package func destroyMeter(_ handler: any MeterHandler) {}
    package func destroyRecorder(_ handler: any RecorderHandler) {}
    package func destroyTimer(_ handler: any TimerHandler) {}
}

/// The values of one name with one set of labels.
final class Series: CounterHandler, FloatingPointCounterHandler, MeterHandler, RecorderHandler {
    struct State: Equatable, Sendable {
        /// nil until somebody told one.
        var value: Double?
        /// Of a summary.
        var observations = 0
    }

    private let locked = Mutex(State())

    var state: State { self.locked.withLock { $0 } }

    func observe(_ amount: Double) {
        self.locked.withLock {
            $0.value = ($0.value ?? 0) + amount
            $0.observations += 1
        }
    }

    func set(_ value: Double) { self.locked.withLock { $0.value = value } }
    func set(_ value: Int64) { self.set(Double(value)) }
    func record(_ value: Double) { self.set(value) }
    func record(_ value: Int64) { self.set(Double(value)) }
    func increment(by amount: Double) { self.locked.withLock { $0.value = ($0.value ?? 0) + amount } }
    func increment(by amount: Int64) { self.increment(by: Double(amount)) }
    func decrement(by amount: Double) { self.increment(by: -amount) }
    func reset() { self.set(0.0) }
}

/// What is summed up rather than kept.
final class Observations: RecorderHandler, TimerHandler {
    private let series: Series
    private let scale: Double

    init(_ series: Series, scale: Double) {
        self.series = series
        self.scale = scale
    }

    func record(_ value: Double) { self.series.observe(value * self.scale) }
    func record(_ value: Int64) { self.record(Double(value)) }
    func recordNanoseconds(_ duration: Int64) { self.record(Double(duration)) }
}
