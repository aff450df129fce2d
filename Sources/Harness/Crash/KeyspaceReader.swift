// Reads values back as bytes, by GET and MGET.

import Workload

final class KeyspaceReader {
    private let connection: WaitingSocket
    private var input: [UInt8] = []
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 * 1024, alignment: 64)

    init(_ target: Target) throws(HarnessError) {
        self.connection = try WaitingSocket(try target.endpoint(port: target.port))
    }

    deinit { self.buffer.deallocate() }

    /// The values of the generator's keys with these numbers; nil for one that does not exist.
    /// - Parameter together: one MGET instead of a GET each.
    func values(_ numbers: Range<UInt64>, together: Bool) throws(HarnessError) -> [[UInt8]?] {
        let keys = numbers.map { number in
            var key = [UInt8](repeating: 0, count: LoadKey.size)
            key.withUnsafeMutableBytes { LoadKey.write(number, to: $0) }
            return String(decoding: key, as: UTF8.self)
        }
        if together {
            try self.connection.send(CommandEncoder.bytes(["MGET"] + keys))
            let header = try self.line()
            guard header == "*\(keys.count)" else { throw Self.unexpected(header) }
        } else {
            try self.connection.send(keys.flatMap { CommandEncoder.bytes(["GET", $0]) })
        }
        var values: [[UInt8]?] = []
        for _ in keys { values.append(try self.bulk()) }
        return values
    }

    private func bulk() throws(HarnessError) -> [UInt8]? {
        let header = try self.line()
        if header == "$-1" { return nil }
        guard header.first == "$", let size = Int(header.dropFirst()), size >= 0 else { throw Self.unexpected(header) }
        while self.input.count - self.at < size + 2 { try self.fill() }
        defer { self.at += size + 2 }
        return Array(self.input[self.at..<(self.at + size)])
    }

    /// Bytes of the input that have been taken.
    private var at = 0

    private func line() throws(HarnessError) -> String {
        while true {
            if let end = self.input[self.at...].firstIndex(of: UInt8(ascii: "\n")), end > self.at {
                defer { self.at = end + 1 }
                return String(decoding: self.input[self.at..<(end - 1)], as: UTF8.self)
            }
            try self.fill()
        }
    }

    private func fill() throws(HarnessError) {
        if self.at > 0 {
            self.input.removeFirst(self.at)
            self.at = 0
        }
        let count = try self.connection.read(into: self.buffer)
        guard count > 0 else { throw HarnessError(.targetFailed, "the target closed the connection at a read") }
        self.input.append(contentsOf: self.buffer[..<count])
    }

    private static func unexpected(_ line: String) -> HarnessError {
        HarnessError(.targetFailed, "a read was answered with \(line.prefix(100))")
    }
}
