// Charts as values: what is shown, drawn at any width. The same chart is a file beside report.md and part of report.html.

/// One chart of a run.
package struct Chart: Sendable, Equatable {
    /// File name without extension, the same in every run so that reports can be compared.
    package let name: String
    /// What it shows, in words: the image's alternative text.
    package let title: String
    /// The settings that everything in it shares.
    let subtitle: String
    /// One sentence on how to read it.
    package let reading: String
    let content: Content

    enum Content: Sendable, Equatable {
        /// One above the other, with one legend.
        case panels([Panel])
        case bars(BarPanel)
        case intervals(IntervalPlot)
        case heat(HeatMap)
    }

    /// Where a chart is looked at, which decides its width.
    enum Form {
        /// A file of its own, with a style sheet and a margin.
        case file
        /// In a page that has the style sheet: on a desk, and on a phone.
        case wide
        case narrow

        var width: Double {
            switch self {
            case .file, .wide: 800
            case .narrow: 330
            }
        }
    }

    private static let margin = 20.0

    /// The image for a file of its own.
    package var svg: String { self.svg(.file) }

    func svg(_ form: Form) -> String {
        var canvas = Canvas(width: form.width)
        canvas.paragraph(self.title, size: 16, leading: 20, "t")
        if !self.subtitle.isEmpty { canvas.paragraph(self.subtitle, size: 12, leading: 17, "u") }
        canvas.height += 10
        switch self.content {
        case .panels(let panels):
            let margin = panels.map(\.labelWidth).max() ?? 0
            for (place, panel) in panels.enumerated() {
                if place > 0 { canvas.height += 14 }
                canvas.draw(panel, margin: margin, isLow: panels.count > 2)
            }
            canvas.legend(panels.flatMap(\.curves).map { LegendEntry($0) })
            // Panels above one another share their time.
            canvas.events(panels.first?.events ?? [])
        case .bars(let bars): canvas.draw(bars)
        case .intervals(let plot): canvas.draw(plot)
        case .heat(let map): canvas.draw(map)
        }
        canvas.height += 4
        switch form {
        case .file: return canvas.inset(by: Self.margin).svg(title: self.title, style: Ink.styleSheet)
        case .wide, .narrow: return canvas.svg(title: self.title, style: nil)
        }
    }

    /// What is drawn as tab-separated values in base units, one block per series.
    package var data: String {
        switch self.content {
        case .panels(let panels): panels.map(\.data).joined(separator: "\n\n")
        case .bars(let bars): bars.data
        case .intervals(let plot): plot.data
        case .heat(let map): map.data
        }
    }
}

/// Lines of a data file.
enum TabbedValues {
    static func block(_ title: String, columns: [String], _ rows: [[String]]) -> String {
        let head = ["# \(Markdown.oneLine(title))", "# \(columns.joined(separator: "\t"))"]
        return (head + rows.map { $0.map(Markdown.oneLine).joined(separator: "\t") }).joined(separator: "\n") + "\n"
    }
}
