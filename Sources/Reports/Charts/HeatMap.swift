// Figures over two settings: a grid of cells, the darker the better, with the figure in each.

struct HeatMap: Equatable {
    struct Cell: Equatable {
        let column: Int
        let row: Int
        let value: Double
        /// The figure as a table shows it.
        let text: String
        /// As good as the best, as far as the measurements tell.
        let isAsGood: Bool
    }

    /// Names of the settings and their values.
    let columnTitle: String
    let columns: [String]
    /// Empty title and one empty value for a single setting.
    let rowTitle: String
    let rows: [String]
    let cells: [Cell]
    let isLowerBetter: Bool

    var data: String {
        TabbedValues.block(
            "cells",
            columns: [self.columnTitle, self.rowTitle, "value", "as good as the best"],
            self.cells.map { cell in
                [self.columns[cell.column], self.rows[cell.row], "\(cell.value)", cell.isAsGood ? "yes" : "no"]
            }
        )
    }

    /// Where nothing was measured: an empty place would be taken for a pale one.
    var blanks: [(column: Int, row: Int)] {
        self.rows.indices.flatMap { row in self.columns.indices.map { ($0, row) } }
            .filter { place in !self.cells.contains { $0.column == place.0 && $0.row == place.1 } }
            .map { (column: $0.0, row: $0.1) }
    }

    /// From 0 for the worst cell to 1 for the best; all alike where nothing differs.
    func quality(_ cell: Cell) -> Double {
        let values = self.cells.map(\.value)
        guard let low = values.min(), let high = values.max(), high > low else { return 0.5 }
        let share = (cell.value / 2 - low / 2) / (high / 2 - low / 2)
        guard share.isFinite else { return 0.5 }
        return self.isLowerBetter ? 1 - share : share
    }
}

extension Canvas {
    private static let cellHeight = 40.0
    /// From this opacity on the letters of the page's own colour are harder to read than those of its background.
    private static let darkCell = 0.68

    mutating func draw(_ map: HeatMap) {
        let rowLabels = map.rows.map { TextWidth.of($0, size: 12) }.max() ?? 0
        let left = rowLabels > 0 ? rowLabels + 10 : 0
        let size = (self.width - left) / Double(max(map.columns.count, 1))
        self.height += 14
        if !map.rowTitle.isEmpty {
            self.text("\(map.rowTitle) ↓", at: Point(x: 0, y: self.height), "u")
        }
        self.text("\(map.columnTitle) →", at: Point(x: self.width, y: self.height), "u", anchor: .end)
        self.height += 18
        for (index, column) in map.columns.enumerated() {
            let x = left + (Double(index) + 0.5) * size
            self.text(column, at: Point(x: x, y: self.height), "u", anchor: .middle)
        }
        let top = self.height + 7
        for (index, row) in map.rows.enumerated() {
            let y = top + (Double(index) + 0.5) * Self.cellHeight + 4
            self.text(row, at: Point(x: left - 8, y: y), "u", anchor: .end)
        }
        for cell in map.cells {
            let corner = Point(x: left + Double(cell.column) * size, y: top + Double(cell.row) * Self.cellHeight)
            self.draw(cell, of: map, at: corner, size: size)
        }
        for place in map.blanks {
            let x = left + (Double(place.column) + 0.5) * size
            let y = top + (Double(place.row) + 0.5) * Self.cellHeight + 4
            self.text("no figure", at: Point(x: x, y: y), "u", anchor: .middle)
        }
        self.height = top + Double(map.rows.count) * Self.cellHeight
    }

    private mutating func draw(_ cell: HeatMap.Cell, of map: HeatMap, at corner: Point, size: Double) {
        let opacity = 0.08 + 0.8 * map.quality(cell)
        let inner = Point(x: corner.x + 1.5, y: corner.y + 1.5)
        let height = Self.cellHeight - 3
        self.box(inner, width: size - 3, height: height, "\(Ink.subject.name) f", opacity: opacity)
        if cell.isAsGood { self.box(inner, width: size - 3, height: height, "edge") }
        // On narrow cells the range in brackets does not fit, and neither does the unit at times.
        let bare = String(cell.text.prefix { $0 != "(" }).split(separator: " ").joined(separator: " ")
        let texts = [cell.text, bare, String(bare.prefix { $0 != " " })]
        let text = texts.first { TextWidth.of($0, size: 12) <= size - 8 } ?? texts[2]
        let centre = Point(x: corner.x + size / 2, y: corner.y + Self.cellHeight / 2 + 4)
        self.text(text, at: centre, opacity > Self.darkCell ? "inverse" : "", anchor: .middle)
    }
}
