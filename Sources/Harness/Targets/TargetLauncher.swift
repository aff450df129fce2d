// Starts the servers under test.

import Glibc
import Sockets

package enum TargetLauncher {
    /// Allocator options for timing and capacity: freed memory goes back within a second by a thread of the allocator,
    /// so that resident memory shows what is used.
    private static let allocatorOptions = "background_thread:true,dirty_decay_ms:1000"
    /// For counts: no cache keeps requests from the one arena. At the end come the tables of size classes of all arenas
    /// together; what else there is to print (general, of each arena, mutexes, extents, huge pages) is left out.
    private static let countingOptions = "tcache:false,narenas:1,stats_print:true,stats_print_opts:gdaxhe"
    /// Room for as many replicas as a suite may ask for.
    private static let slots = ServerSetting("max-slots", "20000")
    static let host = "127.0.0.1"

    /// Starts, or connects to, what was asked for.
    /// - Throws: `HarnessError.targetUnavailable` when a server is not installed or does not start.
    package static func launch(
        _ target: TargetSpecification,
        _ settings: EngineSettings = EngineSettings()
    ) throws(HarnessError) -> Target {
        switch target.place {
        case .child(let executable):
            switch target.product {
            case .sluice: return try self.begin(settings, executable: executable, as: target).target()
            case .redis, .valkey: return try self.server(settings, executable: executable, as: target)
            }
        case .running(let host, let port, let access):
            let dialect = target.profile.dialect
            var forwarder: TLSForwarder?
            if let tls = access.tls { forwarder = try TLSForwarder(host: host, port: port, tls) }
            let near = forwarder?.port ?? port
            return try Target(
                target,
                host: forwarder == nil ? host : self.host,
                port: near,
                replicationPort: dialect == .replicate ? try self.replicationPort(of: port) : near,
                access: access,
                child: nil,
                forwarder: forwarder
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
    /// - Parameters:
    ///   - given: where it listens; nil takes free ports.
    ///   - executable: another build of it.
    static func begin(
        _ settings: EngineSettings,
        on given: ServerPorts? = nil,
        executable: String? = nil,
        as specification: TargetSpecification = .bundled
    ) throws(HarnessError) -> StartingEngine {
        let free = given == nil ? try self.freePorts(2) : []
        let ports = given ?? ServerPorts(client: free[0], replication: free[1])
        let listening = [
            ServerSetting("bind", self.host), ServerSetting("port", String(ports.client)),
            ServerSetting("replication-port", String(ports.replication)),
        ]
        // Where its data lie is the case's to say; the rest may be changed by the target's own settings.
        let place = settings.dataDirectory.map { [ServerSetting("data-dir", $0)] } ?? []
        let all = listening + [Self.slots] + settings.forSluice + (try specification.settings()) + place
        let child = try self.child(
            try self.executable(executable),
            ["serve"] + ServerSetting.arguments(all),
            settings.watch
        )
        return StartingEngine(specification: specification, child: child, host: self.host, ports: ports)
    }

    /// Starts a server, under the tool that watches it.
    private static func child(
        _ path: String,
        _ arguments: [String],
        _ watch: EngineSettings.Watch?
    ) throws(HarnessError) -> ChildProcess {
        switch watch {
        case nil:
            return try ChildProcess(path, arguments, environment: ["MALLOC_CONF": self.allocatorOptions])
        case .allocations:
            return try ChildProcess(path, arguments, environment: ["MALLOC_CONF": self.countingOptions])
        case .systemCalls:
            guard let tracer else { throw HarnessError(.targetUnavailable, "strace is not installed") }
            let summary = "\(ChildProcess.directoryPlaceholder)/\(EngineSettings.Watch.summaryName)"
            // -D keeps the server our own child: the tracer steps aside.
            return try ChildProcess(
                tracer,
                ["-D", "-f", "-c", "-o", summary, "--", path] + arguments,
                environment: ["MALLOC_CONF": self.allocatorOptions]
            )
        }
    }

    /// The program that counts system calls, where it is installed.
    static var tracer: String? { ChildProcess.find("strace") }

    /// The path that the user gave, or that of this program.
    static func executable(_ given: String?) throws(HarnessError) -> String {
        if let given { return try self.checked(given) }
        guard let path = realpath("/proc/self/exe", nil) else {
            throw HarnessError(.targetUnavailable, "cannot find this executable; is /proc mounted?")
        }
        defer { free(path) }
        return String(cString: path)
    }

    /// A path that the user gave.
    private static func checked(_ path: String) throws(HarnessError) -> String {
        guard access(path, X_OK) == 0, let resolved = realpath(path, nil) else {
            let reason = String(cString: strerror(errno))
            throw HarnessError(.targetUnavailable, "\(path) is no program that can be run: \(reason)")
        }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// Free ports for two engines that are started again and again.
    static func portsOfPair() throws(HarnessError) -> (primary: ServerPorts, replica: ServerPorts) {
        let ports = try self.freePorts(4)
        return (
            ServerPorts(client: ports[0], replication: ports[1]), ServerPorts(client: ports[2], replication: ports[3])
        )
    }

    /// Starts a Redis or Valkey server.
    private static func server(
        _ settings: EngineSettings,
        executable: String?,
        as specification: TargetSpecification
    ) throws(HarnessError) -> Target {
        let profile = specification.profile
        guard let server = profile.server else { preconditionFailure("\(profile.name) is no server of its own") }
        var found = ChildProcess.find(server.program)
        if let executable { found = try self.checked(executable) }
        guard let path = found else {
            throw HarnessError(
                .targetUnavailable,
                "\(server.program) is not installed (\(server.advice)), so \(profile.productName) was not measured"
            )
        }
        let port = try self.freePorts(1)[0]
        let listening = [
            ServerSetting("port", String(port)), ServerSetting("bind", self.host),
            ServerSetting("dir", ChildProcess.directoryPlaceholder),
        ]
        let child = try self.child(
            path,
            ServerSetting.arguments(listening + settings.forRedis + specification.settings()),
            settings.watch
        )
        return try Target(
            specification,
            host: self.host,
            port: port,
            replicationPort: port,
            access: Access(),
            child: child
        )
    }

    /// Below those that Linux gives to connections: thousands of them come and go before a server is started again.
    private static let quietPorts: ClosedRange<UInt16> = 22_000...32_000
    private static let mostTries = 10_000

    /// Loopback ports that nobody listens on. Another program may take one before the server does; then the server
    /// ends at once and says so.
    static func freePorts(_ count: Int) throws(HarnessError) -> [UInt16] {
        var sockets: [Socket] = []
        defer { for socket in sockets { socket.close() } }
        for _ in 0..<Self.mostTries where sockets.count < count {
            let port = UInt16.random(in: self.quietPorts)
            if let socket = try? Socket.listen(host: self.host, port: port) { sockets.append(socket) }
        }
        guard sockets.count == count else {
            throw HarnessError(.targetUnavailable, "no free port on \(self.host) in \(self.quietPorts)")
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
    let specification: TargetSpecification
    let child: ChildProcess
    let host: String
    let ports: ServerPorts

    /// Waits until it answers.
    func target() throws(HarnessError) -> Target {
        try Target(
            self.specification,
            host: self.host,
            port: self.ports.client,
            replicationPort: self.ports.replication,
            access: Access(),
            child: self.child
        )
    }
}
