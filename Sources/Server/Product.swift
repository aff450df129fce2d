/// Who we say we are.
package enum Product {
    package static let version = "0.1.0"
    /// The Redis release whose commands and texts we follow; client libraries decide by it what they may send.
    static let redisVersion = "7.0.15"
}
