package import Primitives
import RESP

/// Finds the handshake in what a new connection sends, however it is cut. Holds at most `longestHandshake` bytes.
package struct HandshakeParser {
    package enum Outcome: Equatable {
        case incomplete
        /// The request, and how many of the bytes given belong to it; the rest is the link's input.
        case request(HandshakeRequest, consumed: Int)
        case failed(HandshakeError)
    }

    /// Bytes before the handshake is complete.
    package static let longestHandshake = 4096
    package static let timeoutSeconds = 10

    private var held: [UInt8] = []

    package init() {}

    /// Takes what has arrived.
    package mutating func received(_ bytes: Bytes) -> Outcome {
        // The usual case: the handshake comes whole, in one packet, and nothing is copied.
        if self.held.isEmpty {
            let outcome = Self.parse(bytes)
            if outcome == .incomplete { self.held = Array(bytes) }
            return outcome
        }
        let before = self.held.count
        self.held.append(contentsOf: bytes.prefix(Self.longestHandshake + 1 - min(before, Self.longestHandshake)))
        switch self.held.withUnsafeBytes({ Self.parse($0) }) {
        case .request(let request, let consumed): return .request(request, consumed: consumed - before)
        case let other: return other
        }
    }

    private static func parse(_ bytes: Bytes) -> Outcome {
        var parser = CommandParser()
        var skipped = 0
        while true {
            switch parser.next(in: Bytes(rebasing: bytes.dropFirst(skipped))) {
            case .nothing(let consumed):
                parser.advance()
                skipped += consumed
            case .incomplete:
                return bytes.count > Self.longestHandshake ? .failed(.tooLong) : .incomplete
            case .failed(let error): return .failed(.malformed(error))
            case .command(let consumed):
                guard skipped + consumed <= Self.longestHandshake else { return .failed(.tooLong) }
                do throws(HandshakeError) {
                    return .request(try HandshakeRequest(parser.current), consumed: skipped + consumed)
                } catch {
                    return .failed(error)
                }
            }
        }
    }
}
