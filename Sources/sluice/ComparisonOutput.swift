import Foundation
import Measurement
import Reports

/// Where a comparison goes: a page for people and pull requests, JSON for programs.
struct ComparisonOutput {
    let comparison: ComparisonRecord
    let page: String
    private let json: String?
    private let markdown: String?

    /// - Parameters:
    ///   - json, markdown: paths; nil writes none.
    init(_ comparison: ComparisonRecord, json: String?, markdown: String?) {
        self.comparison = comparison
        self.page = ComparisonPage(comparison).markdown
        self.json = json
        self.markdown = markdown
    }

    /// - Throws: when a file cannot be written.
    func write() throws {
        if let markdown { try Self.write(Data(self.page.utf8), to: markdown) }
        guard let json else { return }
        try Self.write(Data(try self.comparison.json()), to: json)
    }

    private static func write(_ data: Data, to path: String) throws {
        do {
            try data.write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw ComparisonError("cannot write \(path): \(error.localizedDescription)")
        }
    }
}
