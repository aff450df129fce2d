// The installed redis-server as a child process: on a free loopback port, without persistence, ended with its owner.

import Foundation
import Harness
import Sockets

final class RedisServer {
    struct StartError: Error {
        var reason: String
    }

    private static let path = ChildProcess.find("redis-server")

    /// Whether there is a redis-server to compare with.
    static var isInstalled: Bool { self.path != nil }

    let port: UInt16
    private let process: ChildProcess

    /// - Parameter directory: where it looks for a `dump.rdb` to load and writes one when it is told to.
    init(directory: String = "/") throws {
        guard let path = Self.path else { throw StartError(reason: "redis-server is not installed") }
        let probe = try Socket.listen(host: "127.0.0.1", port: 0)
        guard let port = probe.localPort else { throw StartError(reason: "no free port") }
        probe.close()
        self.port = port
        let arguments = [
            "--port", "\(port)", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--databases", "1",
            "--loglevel", "warning", "--dir", directory,
        ]
        self.process = try ChildProcess(path, arguments, environment: [:])
    }

    deinit { self.process.stop() }

    /// Whether the installed redis-check-rdb finds a file in order.
    static func checks(_ path: String) throws -> Bool {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["redis-check-rdb", path]
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus == 0
    }

    /// A connection, as soon as the server takes one and has loaded what there was to load.
    func connect() throws -> RedisConnection {
        for _ in 0..<500 {
            if let connection = try? RedisConnection(port: self.port),
                try connection.exchange("PING") == .line(UInt8(ascii: "+"), Array("PONG".utf8))
            {
                return connection
            }
            usleep(10_000)
        }
        throw StartError(reason: "redis-server did not answer on port \(self.port)")
    }
}
