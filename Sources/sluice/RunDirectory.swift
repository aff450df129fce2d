import Foundation
import Measurement

/// The directory of a run on disk.
enum RunDirectory {
    /// Replaces `results.json` by the present state of the record.
    static func write(_ record: RunRecord, to directory: URL) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        do {
            try encoder.encode(record).write(to: directory.appendingPathComponent("results.json"), options: .atomic)
        } catch {
            FileHandle.standardError.write(Data("sluice bench: cannot write the results: \(error)\n".utf8))
        }
    }
}
