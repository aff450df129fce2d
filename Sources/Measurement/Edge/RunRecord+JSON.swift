// The edge of this module: run records as JSON text. The only file here that knows Foundation's coders.

internal import FoundationEssentials

/// A run record that cannot be read, with what to do about it.
package struct RunRecordError: Error, CustomStringConvertible {
    package struct Code: Sendable, Equatable {
        private enum Base { case malformed, schemaTooNew, schemaUnknown, notEncodable }
        private let base: Base
        /// Not JSON, or not the shape of a run record.
        package static let malformed = Self(base: .malformed)
        /// Written by a newer version of this program.
        package static let schemaTooNew = Self(base: .schemaTooNew)
        /// A schema version that never existed.
        package static let schemaUnknown = Self(base: .schemaUnknown)
        /// A value that JSON cannot hold.
        package static let notEncodable = Self(base: .notEncodable)
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

extension ComparisonRecord {
    /// Pretty-printed with sorted keys.
    package func json() throws(RunRecordError) -> [UInt8] { try RunRecord.encode(self) }
}

extension RunRecord {
    /// Pretty-printed with sorted keys, so that two runs can be read and compared as text.
    package func json() throws(RunRecordError) -> [UInt8] {
        try Self.encode(self)
    }

    /// Where and how the run was made, without its measurements: environment.json.
    package func environmentJSON() throws(RunRecordError) -> [UInt8] {
        try Self.encode(EnvironmentFile(self))
    }

    /// Reads a record back, after checking that this version of the program understands its schema.
    package init(json: [UInt8]) throws(RunRecordError) {
        let decoder = JSONDecoder()
        let data = Data(json)
        let version: Int
        do {
            version = try decoder.decode(Envelope.self, from: data).schemaVersion
        } catch {
            throw RunRecordError(.malformed, "not a run record: \(Self.reason(error))", underlying: error)
        }
        guard version <= Self.currentSchemaVersion else {
            throw RunRecordError(
                .schemaTooNew,
                "the run has schema version \(version), this program reads up to \(Self.currentSchemaVersion): "
                    + "use the version of sluice that wrote it, or a newer one"
            )
        }
        guard version >= 1 else {
            throw RunRecordError(.schemaUnknown, "the run has schema version \(version), which never existed")
        }
        do {
            self = try decoder.decode(RunRecord.self, from: data)
        } catch {
            throw RunRecordError(.malformed, "a damaged run record: \(Self.reason(error))", underlying: error)
        }
    }

    static func encode(_ value: some Encodable) throws(RunRecordError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            return try Array(encoder.encode(value)) + [UInt8(ascii: "\n")]
        } catch {
            throw RunRecordError(.notEncodable, "the run record does not fit into JSON: \(error)", underlying: error)
        }
    }

    /// Foundation's own description of a decoding error is a dump; a person wants the place and the complaint.
    private static func reason(_ error: any Error) -> String {
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

    private struct Envelope: Decodable {
        var schemaVersion: Int
    }

    private struct EnvironmentFile: Encodable {
        var schemaVersion: Int
        var name: String
        var suite: String
        var command: String
        var startedAt: String
        var seed: UInt64
        var environment: [EnvironmentSection]
        var targets: [TargetRecord]

        init(_ record: RunRecord) {
            self.schemaVersion = record.schemaVersion
            self.name = record.name
            self.suite = record.suite
            self.command = record.command
            self.startedAt = record.startedAt
            self.seed = record.seed
            self.environment = record.environment
            self.targets = record.targets
        }
    }
}
