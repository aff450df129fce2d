import Foundation

/// One Swift file of the package, as text.
struct SourceFile {
    /// From the package's root, as in `Sources/RESP/Writer.swift`.
    let path: String
    let text: String
    let lines: [Substring]

    /// The folder below `Sources` or `Tests`.
    var module: String { self.path.split(separator: "/").dropFirst().first.map(String.init) ?? "" }

    /// The part of a core's module that reads and writes files and starts processes.
    var isEdge: Bool { self.path.contains("/Edge/") }

    /// Lines without what stands behind `//`, so that a rule about code does not trip over a comment.
    var code: [Substring] {
        self.lines.map { line in
            let trimmed = line.drop { $0 == " " }
            if trimmed.hasPrefix("//") { return "" }
            guard let comment = line.range(of: " // ") else { return line }
            return line[..<comment.lowerBound]
        }
    }

    /// The modules that the file imports.
    var imports: [String] {
        self.code.compactMap { line in
            let words = line.split(separator: " ")
            guard let index = words.firstIndex(of: "import"), index <= 1, index + 1 < words.count,
                words[..<index].allSatisfy({ ["public", "package", "internal", "@testable"].contains($0) })
            else { return nil }
            return words[words.count - 1].split(separator: ".").first.map(String.init)
        }
    }
}

enum SourceTree {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Every Swift file below the folders that hold code.
    static let files: [SourceFile] = ["Sources", "Tests", "Benchmarks"].flatMap { Self.files(below: $0) }
    static let sources = Self.files.filter { $0.path.hasPrefix("Sources/") }

    private static func files(below folder: String) -> [SourceFile] {
        let base = Self.root.appendingPathComponent(folder)
        guard let paths = FileManager.default.enumerator(atPath: base.path) else { return [] }
        return paths.compactMap { $0 as? String }
            .filter { $0.hasSuffix(".swift") && !$0.contains(".build") }
            .sorted()
            .compactMap { path in
                let url = base.appendingPathComponent(path)
                guard let text = try? String(contentsOf: url, encoding: .utf8) else { return nil }
                let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
                return SourceFile(path: folder + "/" + path, text: text, lines: lines)
            }
    }
}
