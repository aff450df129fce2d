/// What the user asked to measure.
package enum TargetSpecification: Hashable, Sendable, CustomStringConvertible {
    /// This executable's own engine as a child process.
    case bundled
    /// A local redis-server as a child process.
    case redis
    /// A server that runs already.
    case running(dialect: Dialect, host: String, port: UInt16)

    /// Reads `bundled`, `redis`, `redis://host:port`, `valkey://host:port` or `sluice://host:port`.
    package init(parsing text: String) throws(HarnessError) {
        switch text {
        case "bundled": self = .bundled
        case "redis": self = .redis
        default:
            let parts = text.split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count == 3, parts[1].isEmpty, let colon = parts[2].lastIndex(of: ":"),
                let port = UInt16(parts[2][parts[2].index(after: colon)...]), port > 0, colon > parts[2].startIndex
            else { throw Self.unknown(text) }
            let host = String(parts[2][..<colon])
            switch parts[0] {
            case "redis:", "valkey:": self = .running(dialect: .psync, host: host, port: port)
            case "sluice:": self = .running(dialect: .replicate, host: host, port: port)
            default: throw Self.unknown(text)
            }
        }
    }

    private static func unknown(_ text: String) -> HarnessError {
        HarnessError(
            .usage,
            "unknown target '\(text)'; use bundled, redis, redis://HOST:PORT, valkey://HOST:PORT or sluice://HOST:PORT"
        )
    }

    package var description: String {
        switch self {
        case .bundled: "bundled"
        case .redis: "redis"
        case .running(.replicate, let host, let port): "sluice://\(host):\(port)"
        case .running(.psync, let host, let port): "redis://\(host):\(port)"
        }
    }
}
