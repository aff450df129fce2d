import Sockets

/// Measures how much later replicas apply what a primary has acknowledged, by markers in the stream.
final class MarkerProbe {
    private static let completeSeconds = 30.0

    private let reactor: Reactor<MarkerBody>

    /// - Parameters:
    ///   - replicas: live replicas, which are asked for the marker; synthetic ones note it themselves.
    ///   - progress: how far the load on the primary has come.
    init(_ primary: Target, _ replicas: [LiveReplica], _ progress: LoadProgress) throws(HarnessError) {
        let primaryEndpoint = try primary.endpoint(port: primary.port)
        var endpoints: [Endpoint] = []
        for replica in replicas { endpoints.append(try replica.target.endpoint(port: replica.target.port)) }
        let socket = try primary.access.open(primaryEndpoint)
        socket.setNoDelay()
        do throws(SocketError) {
            let poller = try Poller()
            var others: [Socket] = []
            for endpoint in endpoints {
                let other = try endpoint.connect()
                other.setNoDelay()
                others.append(other)
            }
            let body = try MarkerBody(poller, primary: socket, replicas: others, progress: progress)
            self.reactor = Reactor(poller: poller, body: body)
        } catch {
            throw HarnessError(.targetUnavailable, "markers cannot be sent: \(error)")
        }
        self.reactor.start()
    }

    func stop() { self.reactor.stop() }

    /// Markers go out from now on.
    func begin() { self.reactor.call { $0.begin() } }

    /// Sends no more, and waits until every live replica has shown the last one.
    func end() throws(HarnessError) -> MarkerResult {
        self.reactor.call { $0.end() }
        try Wait.until("every marker was applied", withinSeconds: Self.completeSeconds) { () throws(HarnessError) in
            if let failure = self.reactor.call({ $0.failure }) { throw HarnessError(.targetFailed, failure) }
            return self.reactor.call { $0.isComplete }
        }
        return self.reactor.call { $0.result }
    }
}
