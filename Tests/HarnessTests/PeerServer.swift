import Foundation
import Sockets

@testable import Harness

/// A Redis server for tests, with settings of its own; ends with the value.
final class PeerServer {
    let port: UInt16
    private let child: ChildProcess

    static let path = ChildProcess.find("redis-server")
    static var isInstalled: Bool { self.path != nil }

    /// - Parameter settings: with `{port}` for the port that it listens on.
    init(_ settings: [ServerSetting] = []) throws {
        let port = try TargetLauncher.freePorts(1)[0]
        self.port = port
        let basic = [
            ServerSetting("port", String(port)), ServerSetting("bind", "127.0.0.1"), ServerSetting("save", ""),
            ServerSetting("dir", ChildProcess.directoryPlaceholder), ServerSetting("repl-diskless-sync-delay", "0"),
        ]
        let filled = settings.map { ServerSetting($0.name, $0.value.replacing("{port}", with: String(port))) }
        self.child = try ChildProcess(Self.path ?? "", ServerSetting.arguments(basic + filled), environment: [:])
        let deadline = Clocks.monotonicNanoseconds + 10_000_000_000
        while Clocks.monotonicNanoseconds < deadline {
            let socket = try Socket.connect(host: "127.0.0.1", port: port)
            defer { socket.close() }
            usleep(10_000)
            if socket.pendingError == 0 { break }
        }
        // Whoever took the port in the meantime is not this one.
        guard self.child.isAlive() else { throw HarnessError(.targetUnavailable, self.child.outputTail) }
    }

    deinit { self.child.stop() }

    /// Connects as a client without a password.
    func control() throws(HarnessError) -> ControlConnection {
        try ControlConnection(host: "127.0.0.1", port: self.port)
    }
}

/// Certificates for the loopback, vouched for by an authority of their own.
struct TestCertificates {
    let directory: String

    init() throws {
        self.directory = try FileTree.makeTemporary("sluice-test")
        let commands = [
            "req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=authority -keyout ca.key -out ca.crt",
            "req -newkey rsa:2048 -nodes -subj /CN=server -keyout server.key -out server.csr",
            "x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 30 -extfile names -out server.crt",
        ]
        try Data("subjectAltName=IP:127.0.0.1,DNS:localhost\n".utf8)
            .write(to: URL(fileURLWithPath: self.directory + "/names"))
        for command in commands {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
            process.arguments = command.split(separator: " ").map(String.init)
            process.currentDirectoryURL = URL(fileURLWithPath: self.directory)
            process.standardError = FileHandle.nullDevice
            try process.run()
            process.waitUntilExit()
        }
    }

    static var canBeMade: Bool { FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl") }

    func path(_ name: String) -> String { "\(self.directory)/\(name)" }
    func remove() { FileTree.remove(self.directory) }
}
