// Starts the servers under test.

import Glibc
import Sockets

package enum TargetLauncher {
    /// Allocator options for timing and capacity: freed memory goes back within a second by a thread of the allocator,
    /// so that resident memory shows what is used.
    private static let allocatorOptions = "background_thread:true,dirty_decay_ms:1000"
    static let host = "127.0.0.1"

    /// Starts, or connects to, what was asked for.
    /// - Throws: `HarnessError.targetUnavailable` when a server is not installed or does not start.
    package static func launch(
        _ target: TargetSpecification,
        _ settings: EngineSettings = EngineSettings()
    ) throws(HarnessError) -> Target {
        switch target {
        case .bundled: try self.begin(settings).target()
        case .redis: try self.redis(settings)
        case .running(let dialect, let host, let port):
            try Target(
                id: target.description,
                dialect: dialect,
                host: host,
                port: port,
                replicationPort: dialect == .replicate ? try Self.replicationPort(of: port) : port,
                child: nil
            )
        }
    }

    private static func replicationPort(of port: UInt16) throws(HarnessError) -> UInt16 {
        guard port <= UInt16.max - 10_000 else {
            throw HarnessError(
                .usage,
                "the replication port of \(port) is unknown: it is the client port + 10000, up to 65535"
            )
        }
        return port + 10_000
    }

    /// Starts the bundled engine without waiting for it.
    /// - Parameter given: where it listens; nil takes free ports.
    static func begin(
        _ settings: EngineSettings,
        on given: ServerPorts? = nil
    ) throws(HarnessError) -> StartingEngine {
        guard let executable = realpath("/proc/self/exe", nil) else {
            throw HarnessError(.targetUnavailable, "cannot find this executable; is /proc mounted?")
        }
        defer { free(executable) }
        let free = given == nil ? try self.freePorts(2) : []
        let ports = given ?? ServerPorts(client: free[0], replication: free[1])
        let flags = [
            "--bind", self.host, "--port", String(ports.client), "--replication-port", String(ports.replication),
        ]
        let child = try ChildProcess(
            String(cString: executable),
            ["serve"] + flags + settings.flags,
            environment: ["MALLOC_CONF": self.allocatorOptions]
        )
        return StartingEngine(child: child, host: self.host, port: ports.client, replicationPort: ports.replication)
    }

    /// Free ports for two engines that are started again and again.
    static func portsOfPair() throws(HarnessError) -> (primary: ServerPorts, replica: ServerPorts) {
        let ports = try self.freePorts(4)
        return (
            ServerPorts(client: ports[0], replication: ports[1]), ServerPorts(client: ports[2], replication: ports[3])
        )
    }

    private static func redis(_ settings: EngineSettings) throws(HarnessError) -> Target {
        guard let executable = self.find("redis-server") else {
            throw HarnessError(
                .targetUnavailable,
                "redis-server is not installed (Debian: apt install redis-server), so Redis was not measured"
            )
        }
        let port = try self.freePorts(1)[0]
        let quiet = settings.isStreamQuiet ? ["--repl-ping-replica-period", "86400"] : []
        let child = try ChildProcess(
            executable,
            [
                "--port", String(port), "--bind", self.host, "--dir", ChildProcess.directoryPlaceholder,
                "--save", "", "--appendonly", "no", "--repl-diskless-sync", "yes", "--repl-diskless-sync-delay", "0",
                "--repl-backlog-size", String(settings.backlogBytes ?? 256 << 20),
                "--client-output-buffer-limit", "replica 0 0 0", "--rdbcompression", "no",
                // For digests.
                "--enable-debug-command", "local",
            ] + quiet,
            environment: ["MALLOC_CONF": self.allocatorOptions]
        )
        return try Target(
            id: TargetSpecification.redis.description,
            dialect: .psync,
            host: self.host,
            port: port,
            replicationPort: port,
            child: child
        )
    }

    /// The first executable of that name in PATH.
    private static func find(_ name: String) -> String? {
        let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/local/bin:/usr/bin:/bin"
        return path.split(separator: ":").map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
    }

    /// Loopback ports that nobody listens on. Another program may take one before the server does; then the server
    /// ends at once and says so.
    private static func freePorts(_ count: Int) throws(HarnessError) -> [UInt16] {
        var sockets: [Socket] = []
        defer { for socket in sockets { socket.close() } }
        do throws(SocketError) {
            for _ in 0..<count { sockets.append(try Socket.listen(host: self.host, port: 0)) }
        } catch {
            throw HarnessError(.targetUnavailable, "no free port on \(self.host): \(error)")
        }
        return sockets.compactMap(\.localPort)
    }
}

/// Where an engine listens.
struct ServerPorts: Sendable {
    var client: UInt16
    var replication: UInt16
}

/// The bundled engine on its way up.
struct StartingEngine {
    let child: ChildProcess
    let host: String
    let port: UInt16
    let replicationPort: UInt16

    /// Waits until it answers.
    func target() throws(HarnessError) -> Target {
        try Target(
            id: TargetSpecification.bundled.description,
            dialect: .replicate,
            host: self.host,
            port: self.port,
            replicationPort: self.replicationPort,
            child: self.child
        )
    }
}
