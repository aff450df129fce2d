// What goes wrong with a small JSON file of a node, in words for a person.

internal import FoundationEssentials

/// A file of the data directory that cannot be read, with what to do about it.
package struct NodeFileError: Error, CustomStringConvertible {
    package struct Code: Sendable, Equatable {
        private enum Base { case malformed, versionTooNew, versionUnknown }
        private let base: Base
        /// Not JSON, or not the shape of that file.
        package static let malformed = Self(base: .malformed)
        /// Written by a newer version of this program.
        package static let versionTooNew = Self(base: .versionTooNew)
        /// A format version that never existed.
        package static let versionUnknown = Self(base: .versionUnknown)
    }

    package let code: Code
    package let description: String
    package let underlying: (any Error)?

    init(_ code: Code, _ description: String, underlying: (any Error)? = nil) {
        self.code = code
        self.description = description
        self.underlying = underlying
    }
}

/// Reading of a file that says its format version.
enum NodeFile {
    private struct Envelope: Decodable {
        var version: Int
    }

    /// - Parameter newest: the newest version that this program understands.
    static func decode<Content: Decodable>(
        _ type: Content.Type,
        from json: [UInt8],
        name: String,
        newest: Int
    ) throws(NodeFileError) -> Content {
        let decoder = JSONDecoder()
        let data = Data(json)
        let version: Int
        do {
            version = try decoder.decode(Envelope.self, from: data).version
        } catch {
            throw NodeFileError(.malformed, "\(name) is damaged: \(self.reason(error))", underlying: error)
        }
        guard version <= newest else {
            throw NodeFileError(
                .versionTooNew,
                "\(name) has format version \(version), this program reads up to \(newest):"
                    + " start the version of sluice that wrote it, or a newer one"
            )
        }
        guard version >= 1 else {
            throw NodeFileError(.versionUnknown, "\(name) has format version \(version), which never existed")
        }
        do {
            return try decoder.decode(type, from: data)
        } catch {
            throw NodeFileError(.malformed, "\(name) is damaged: \(self.reason(error))", underlying: error)
        }
    }

    /// Foundation's own description of a decoding error is a dump; a person wants the place and the complaint.
    static func reason(_ error: any Error) -> String {
        guard let error = error as? DecodingError else { return "\(error)" }
        let context: DecodingError.Context
        switch error {
        case .dataCorrupted(let found), .keyNotFound(_, let found), .typeMismatch(_, let found),
            .valueNotFound(_, let found):
            context = found
        @unknown default:
            return "\(error)"
        }
        let path = context.codingPath.map(\.stringValue).joined(separator: ".")
        return path.isEmpty ? context.debugDescription : "at \(path): \(context.debugDescription)"
    }
}
