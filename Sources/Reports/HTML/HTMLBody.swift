// The Markdown of a report as HTML. It reads what `Markdown` and the sections write, and no more of the language: headings,
// paragraphs, lists, tables, images, indented code; bold, links, small figures above the line, and escapes.

struct HTMLBody {
    private var lines: ArraySlice<Substring>
    private let figure: (String) -> String?

    /// - Parameter figure: the HTML of the image with a path; `nil` for one that is not there.
    init(_ markdown: String, figure: @escaping (String) -> String?) {
        self.lines = markdown.split(separator: "\n", omittingEmptySubsequences: false)[...]
        self.figure = figure
    }

    var text: String {
        var rest = self
        var blocks: [String] = []
        while let block = rest.next(isLead: !blocks.contains { $0.hasPrefix("<h2") }) { blocks.append(block) }
        return blocks.joined(separator: "\n")
    }

    /// - Parameter isLead: before the first section, where the verdict stands.
    private mutating func next(isLead: Bool) -> String? {
        while self.lines.first?.isEmpty == true { self.lines.removeFirst() }
        guard let first = self.lines.first else { return nil }
        if let level = [1, 2, 3].first(where: { first.hasPrefix(String(repeating: "#", count: $0) + " ") }) {
            self.lines.removeFirst()
            let title = first.dropFirst(level + 1)
            let anchor = level == 2 ? " id=\"\(HTML.anchor(title))\"" : ""
            return "<h\(level)\(anchor)>\(HTML.inline(title))</h\(level)>"
        }
        if first.hasPrefix("![") { return self.image() }
        if first.hasPrefix("    ") {
            let code = self.take { $0.hasPrefix("    ") }.map { HTML.escaped(String($0.dropFirst(4))) }
            return "<pre><code>\(code.joined(separator: "\n"))</code></pre>"
        }
        if first.hasPrefix("| ") { return self.table() }
        if let match = first.wholeMatch(of: /<details><summary>([^<>]*)<\/summary>/) {
            self.lines.removeFirst()
            return "<details><summary>\(HTML.inline(match.1))</summary>"
        }
        if first == "</details>" {
            self.lines.removeFirst()
            return "</details>"
        }
        if first.hasPrefix("- ") {
            let items = self.take { $0.hasPrefix("- ") }.map { "<li>\(HTML.inline($0.dropFirst(2)))</li>" }
            return "<ul\(isLead ? " class=\"lead\"" : "")>\(items.joined())</ul>"
        }
        return self.paragraph()
    }

    private mutating func take(_ belongs: (Substring) -> Bool) -> [Substring] {
        let taken = self.lines.prefix(while: belongs)
        self.lines = self.lines.dropFirst(taken.count)
        return Array(taken)
    }

    private mutating func image() -> String {
        let line = self.lines.removeFirst()
        guard let match = line.wholeMatch(of: /!\[(.*)\]\(([^()\s]*)\)/) else { return "" }
        return self.figure(String(match.2)) ?? "<p>\(HTML.inline(match.1))</p>"
    }

    private mutating func paragraph() -> String {
        let lines = self.take { !$0.isEmpty }
        let text = lines.map { line in
            HTML.inline(line) + (line.hasSuffix("  ") ? "<br>" : "")
        }
        .joined(separator: "\n")
        let kind =
            text.hasPrefix("<strong>INVALID")
            ? "bad" : text.hasPrefix("<sup>") ? "notes" : lines.count > 1 ? "meta" : ""
        return kind.isEmpty ? "<p>\(text)</p>" : "<p class=\"\(kind)\">\(text)</p>"
    }

    private mutating func table() -> String {
        let rows = self.take { $0.hasPrefix("|") }.map(HTML.cells)
        guard rows.count >= 2 else { return "" }
        let isRight = rows[1].map { $0.hasSuffix(":") && !$0.hasPrefix(":") }
        // Two columns with one heading are facts, whose long values may break.
        let kind = rows[0].count == 2 && rows[0][1].isEmpty ? " class=\"facts\"" : ""
        let head = zip(rows[0], isRight).map { title, isRight in
            "<th\(isRight ? " class=\"r\"" : "")>\(HTML.inline(title))</th>"
        }
        let settings = rows[0].firstIndex { $0 == "Target" } ?? 0
        let body = zip(rows.dropFirst(2), rows.dropFirst()).map { row, above in
            let cells = row.enumerated().map { place, cell in
                let isRepeated = place < settings && row[...place] == above.prefix(place + 1)
                return self.cell(cell, isRight: isRight[place], isRepeated: isRepeated, title: rows[0][place])
            }
            return "<tr>\(cells.joined())</tr>"
        }
        .joined(separator: "\n")
        let table = "<table\(kind)><thead><tr>\(head.joined())</tr></thead><tbody>\n\(body)\n</tbody></table>"
        return "<div class=\"table\">\(table)</div>"
    }

    /// - Parameters:
    ///   - isRepeated: the settings up to here are those of the row above.
    ///   - title: of its column, which stands beside the cell where a screen is too narrow for columns.
    private func cell(_ cell: Substring, isRight: Bool, isRepeated: Bool, title: Substring) -> String {
        var classes: [String] = []
        if isRight { classes.append("r") }
        if isRepeated { classes.append("same") }
        if cell.hasPrefix("–") { classes.append("none") }
        let kind = classes.isEmpty ? "" : " class=\"\(classes.joined(separator: " "))\""
        var text = HTML.inline(cell)
        // The range over trials goes below its median.
        if let match = cell.wholeMatch(of: /([^()]*) (\([^()]*…[^()]*\)(?: ~)?)/) {
            text = "\(HTML.inline(match.1)) <span class=\"range\">\(HTML.inline(match.2))</span>"
        }
        return "<td\(kind) data-l=\"\(HTML.escaped(String(title)))\">\(text)</td>"
    }
}

enum HTML {
    static func escaped(_ text: String) -> String { Canvas.escaped(text) }

    /// The id of a heading: letters and digits, the rest as hyphens.
    static func anchor(_ title: Substring) -> String {
        title.lowercased().split { !$0.isASCII || !($0.isLetter || $0.isNumber) }.joined(separator: "-")
    }

    /// Cells of a table's row; an escaped bar belongs to its cell.
    static func cells(_ line: Substring) -> [Substring] {
        var cells: [Substring] = []
        var start = line.startIndex
        var isEscaped = false
        for index in line.indices {
            if line[index] == "|", !isEscaped {
                cells.append(line[start..<index])
                start = line.index(after: index)
            }
            isEscaped = line[index] == "\\" && !isEscaped
        }
        return cells.dropFirst().map { cell in
            let trimmed = cell.drop { $0 == " " }
            return trimmed.prefix(trimmed.count - trimmed.reversed().prefix { $0 == " " }.count)
        }
    }

    /// Text within a line. Everything that is not one of the few forms is text, whatever it looks like.
    static func inline(_ text: Substring) -> String {
        var result = ""
        var rest = text
        var isBold = false
        while let first = rest.first {
            if first == "\\", let next = rest.dropFirst().first {
                result += self.escaped(String(next))
                rest = rest.dropFirst(2)
            } else if rest.hasPrefix("**") {
                result += isBold ? "</strong>" : "<strong>"
                isBold.toggle()
                rest = rest.dropFirst(2)
            } else if let match = rest.prefixMatch(of: /<sup>(\d+)<\/sup>/) {
                result += "<sup>\(match.1)</sup>"
                rest = rest[match.range.upperBound...]
            } else if let match = rest.prefixMatch(of: /\[([^\[\]\\]*)\]\(([A-Za-z0-9_.\/-]+)\)/) {
                result += "<a href=\"\(match.2)\">\(self.escaped(String(match.1)))</a>"
                rest = rest[match.range.upperBound...]
            } else if let match = rest.prefixMatch(of: /`([^`]+)`/) {
                result += "<code>\(self.escaped(String(match.1)))</code>"
                rest = rest[match.range.upperBound...]
            } else {
                result += self.escaped(String(first))
                rest = rest.dropFirst()
            }
        }
        return result + (isBold ? "</strong>" : "")
    }
}
