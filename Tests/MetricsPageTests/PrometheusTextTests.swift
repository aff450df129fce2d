import CoreMetrics
import Testing

@testable import MetricsPage

@Suite struct PrometheusTextTests {
    private let registry = PrometheusRegistry()

    @Test("every name has its type once, and every series its line")
    func text() {
        for node in ["1", "2"] {
            let dimensions = [("node", node)]
            Counter(label: "asked_total", dimensions: dimensions, factory: self.registry).increment(by: 3)
            Gauge(label: "depth", dimensions: dimensions, factory: self.registry).record(1.5)
        }
        #expect(
            self.registry.text == """
                # TYPE asked_total counter
                asked_total{node="1"} 3
                asked_total{node="2"} 3
                # TYPE depth gauge
                depth{node="1"} 1.5
                depth{node="2"} 1.5

                """
        )
    }

    @Test("times are seconds, summed and counted")
    func times() {
        let timer = Timer(label: "sync_seconds", dimensions: [], factory: self.registry)
        for _ in 0..<2 { timer.recordNanoseconds(250_000_000) }
        #expect(self.registry.text == "# TYPE sync_seconds summary\nsync_seconds_sum 0.5\nsync_seconds_count 2\n")
    }

    @Test("what nobody told is not shown as 0")
    func unknown() {
        _ = Gauge(label: "lag", dimensions: [], factory: self.registry)
        _ = Counter(label: "lost_total", dimensions: [], factory: self.registry)
        #expect(self.registry.text.isEmpty)
    }

    @Test("a metric that is made twice is one")
    func twice() {
        for _ in 0..<2 { Counter(label: "n", dimensions: [], factory: self.registry).increment() }
        #expect(self.registry.text == "# TYPE n counter\nn 2\n")
    }

    @Test("large whole numbers keep every digit")
    func digits() {
        Gauge(label: "position", dimensions: [], factory: self.registry).record(9_007_199_254_740_991)
        #expect(self.registry.text.hasSuffix("position 9007199254740991\n"))
    }

    @Test("names and labels are made fit for Prometheus")
    func names() {
        Gauge(label: "7 a-b.c", dimensions: [("the host", "a\"b\\c\nd")], factory: self.registry).record(1)
        #expect(self.registry.text == "# TYPE _7_a_b_c gauge\n_7_a_b_c{the_host=\"a\\\"b\\\\c\\nd\"} 1\n")
    }
}
