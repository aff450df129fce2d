import CoreMetrics
import MetricsPage
import Server

/// Collects what this process tells to swift-metrics, and shows it to Prometheus.
struct MetricsService {
    private let page: MetricsPort

    /// To be made before anything that tells metrics.
    init(host: String, port: UInt16) throws {
        let registry = PrometheusRegistry()
        MetricsSystem.bootstrap(registry)
        let process = ProcessSamples(factory: registry)
        do {
            self.page = try MetricsPort(host: host, port: Int(port)) {
                process.report()
                return registry.text
            }
        } catch {
            throw ServerError(
                .cannotListen,
                "cannot listen for visitors of the metrics: choose another --metrics-port",
                underlying: error
            )
        }
    }

    var port: Int { self.page.port }

    func stop() { self.page.stop() }
}
