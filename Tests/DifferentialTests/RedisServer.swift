// The installed redis-server as a child process: on a free loopback port, without persistence, ended with its owner. It runs
// under `timeout`, so that even a test that crashes leaves no server behind for long.

import Glibc
import Sockets

final class RedisServer {
    struct StartError: Error {
        var reason: String
    }

    /// Whether there is a redis-server to compare with.
    static let isInstalled: Bool = {
        guard let path = getenv("PATH") else { return false }
        return String(cString: path).split(separator: ":").contains { access("\($0)/redis-server", X_OK) == 0 }
    }()

    /// Longer than any test here runs.
    private static let lifetimeSeconds = 180

    let port: UInt16
    private let process: pid_t

    /// - Parameter directory: where it looks for a `dump.rdb` to load and writes one when it is told to.
    init(directory: String = "/") throws {
        let probe = try Socket.listen(host: "127.0.0.1", port: 0)
        guard let port = probe.localPort else { throw StartError(reason: "no free port") }
        probe.close()
        self.port = port
        let arguments = [
            "timeout", "\(Self.lifetimeSeconds)", "redis-server", "--port", "\(port)", "--bind", "127.0.0.1", "--save",
            "",
            "--appendonly", "no", "--databases", "1", "--loglevel", "warning", "--dir", directory,
        ]
        self.process = try Self.spawn(arguments)
    }

    /// Whether the installed redis-check-rdb finds a file in order.
    static func checks(_ path: String) throws -> Bool {
        var status: CInt = 0
        waitpid(try Self.spawn(["timeout", "\(Self.lifetimeSeconds)", "redis-check-rdb", path]), &status, 0)
        return status == 0
    }

    private static func spawn(_ arguments: [String]) throws -> pid_t {
        var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        // The test runner's threads block signals, and a child inherits that: without this it could not be ended.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var process: pid_t = 0
        let code = posix_spawnp(&process, "timeout", &actions, &attributes, &words, environ)
        guard code == 0 else { throw StartError(reason: String(cString: strerror(code))) }
        return process
    }

    deinit {
        kill(self.process, SIGTERM)
        var status: CInt = 0
        waitpid(self.process, &status, 0)
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
