// The edge of this module: the manifest as JSON text. The only file here that knows Foundation's coders.

internal import FoundationEssentials
internal import Primitives

extension Manifest {
    private struct Text: Codable {
        struct SkipRow: Codable {
            var after: UInt64
            var next: UInt64
        }
        struct CutRow: Codable {
            var segment: UInt64
            var bytes: Int
        }
        var format: Int
        var skips: [SkipRow]
        var cuts: [CutRow]
    }

    private struct Head: Codable { var format: Int }

    var json: [UInt8] {
        let text = Text(
            format: Self.format,
            skips: self.skips.map { Text.SkipRow(after: $0.after, next: $0.next) },
            cuts: self.cuts.map { Text.CutRow(segment: $0.first, bytes: $0.bytes) }
        )
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        guard let data = try? encoder.encode(text) else { preconditionFailure("whole numbers are always JSON") }
        return Array(data)
    }

    init(json: [UInt8]) throws(LogError) {
        let decoder = JSONDecoder()
        let data = Data(json)
        guard let head = try? decoder.decode(Head.self, from: data) else {
            throw LogError(.malformed, "\(Self.fileName) is not a manifest: restore it from a copy of the directory")
        }
        guard head.format <= Self.format else {
            throw LogError(
                .newerFormat,
                "the log was written in format \(head.format), this version knows \(Self.format): use a newer version"
            )
        }
        guard let text = try? decoder.decode(Text.self, from: data) else {
            throw LogError(.malformed, "\(Self.fileName) is not a manifest: restore it from a copy of the directory")
        }
        self.init(
            skips: text.skips.map { Skip(after: $0.after, next: $0.next) },
            cuts: text.cuts.map { Cut(first: $0.segment, bytes: $0.bytes) }
        )
    }
}
