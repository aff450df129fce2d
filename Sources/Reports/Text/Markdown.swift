// Just enough Markdown. Text from a record (a server's own product name, an error of the system) is data: it may not
// open a table cell, a tag or a link of its own.

enum Markdown {
    /// One line of text that Markdown takes literally.
    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "|", "<", ">", "`", "*", "[", "]", "\\", "~":
                result += "\\"
                result.unicodeScalars.append(scalar)
            case _ where scalar.properties.generalCategory == .control:
                result += " "
            default:
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// A block of code that nothing inside can close, because it is made by indentation and has one line.
    static func codeBlock(_ text: String) -> String {
        "    " + Self.oneLine(text)
    }

    static func oneLine(_ text: String) -> String {
        String(
            String.UnicodeScalarView(text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 })
        )
    }
}

/// A table whose cells are Markdown already, with footnotes for the cells that have nothing to show.
struct MarkdownTable {
    enum Alignment: String {
        case left = ":--"
        case right = "--:"
    }

    private let header: [(title: String, alignment: Alignment)]
    private var rows: [[String]] = []
    private var footnotes: [String] = []

    init(_ header: [(title: String, alignment: Alignment)]) {
        self.header = header
    }

    var isEmpty: Bool { self.rows.isEmpty }

    mutating func append(_ row: [String]) {
        precondition(row.count == self.header.count, "a row of \(row.count) cells in a table of \(self.header.count)")
        self.rows.append(row)
    }

    /// A dash with the number of the reason below the table; equal reasons share a number.
    mutating func dash(because reason: String) -> String {
        let known = self.footnotes.firstIndex(of: reason)
        if known == nil { self.footnotes.append(reason) }
        return "–<sup>\((known ?? self.footnotes.count - 1) + 1)</sup>"
    }

    var text: String {
        var lines = [self.line(self.header.map(\.title)), self.line(self.header.map(\.alignment.rawValue))]
        lines += self.rows.map(self.line)
        if !self.footnotes.isEmpty { lines.append("") }
        for (index, reason) in self.footnotes.enumerated() {
            lines.append(
                "<sup>\(index + 1)</sup> \(Markdown.escaped(reason))" + (index + 1 < self.footnotes.count ? "  " : "")
            )
        }
        return lines.joined(separator: "\n")
    }

    private func line(_ cells: [String]) -> String {
        "| " + cells.joined(separator: " | ") + " |"
    }
}
