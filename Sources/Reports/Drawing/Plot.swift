// A panel on a canvas: axes, curves with their ranges, and the legend below.

internal import Measurement

/// One line of a legend.
struct LegendEntry: Equatable {
    var label: String
    var style: Style
    var hasMarker: Bool
    var hasLine = true
    var isReference = false

    init(_ curve: Curve) {
        self.label = curve.label
        self.style = curve.style
        self.isReference = curve.isReference
        self.hasMarker = !curve.isReference && !curve.isDense
    }

    init(label: String, style: Style) {
        self.label = label
        self.style = style
        self.hasMarker = true
        self.hasLine = false
    }
}

extension Panel {
    /// With its title, which has the unit where the labels have none.
    var verticalAxis: (scale: Scale, title: String) {
        let quantity = Quantity(unit: self.unit)
        let values = self.curves.flatMap { curve in
            curve.rows.flatMap { [$0.range.lowerBound, $0.middle, $0.range.upperBound] }
        }
        if self.isLogarithmic, let scale = Scale.logarithmic(values, quantity: quantity) {
            return (scale, self.yTitle)
        }
        let (scale, unit) = Scale.linear(values, quantity: quantity, fewest: 5)
        return (scale, unit.isEmpty ? self.yTitle : "\(self.yTitle), \(unit)")
    }

    /// What the labels of its vertical axis need, in pixels.
    var labelWidth: Double {
        (self.verticalAxis.scale.ticks.map { TextWidth.of($0.label, size: 12) }.max() ?? 0) + 10
    }
}

/// Where the values of a panel go.
private struct Frame {
    let left: Double
    let right: Double
    let top: Double
    let bottom: Double
    let axis: HorizontalAxis
    let scale: Scale

    func point(_ x: Double, _ y: Double) -> Canvas.Point {
        Canvas.Point(
            x: self.left + (self.right - self.left) * self.axis.place(x),
            y: self.bottom - (self.bottom - self.top) * self.scale.place(y)
        )
    }
}

extension Canvas {
    /// Below this width labels move and plots are lower.
    static let narrowWidth = 500.0
    var isNarrow: Bool { self.width < Self.narrowWidth }

    /// - Parameter margin: for the labels of the vertical axis, so that panels above one another have equal widths.
    mutating func draw(_ panel: Panel, margin: Double, isLow: Bool) {
        let (scale, title) = panel.verticalAxis
        self.height += 16
        self.text(title, at: Point(x: 0, y: self.height), "u")
        let top = self.height + (panel.events.isEmpty ? 10 : 24)
        let frame = Frame(
            left: margin,
            right: self.width - 12,
            top: top,
            bottom: top + (isLow ? 150 : self.isNarrow ? 210 : 290),
            axis: panel.axis,
            scale: scale
        )
        self.grid(frame)
        self.bands(panel.events, frame)
        for curve in panel.curves.reversed() { self.curve(curve, frame) }
        self.horizontalAxis(frame, title: panel.xTitle)
    }

    private mutating func grid(_ frame: Frame) {
        for tick in frame.scale.ticks {
            let y = frame.point(0, tick.value).y
            let isZero = tick.value == 0 && !frame.scale.isLogarithmic
            self.line(Point(x: frame.left, y: y), Point(x: frame.right, y: y), isZero ? "axis" : "grid")
            self.text(tick.label, at: Point(x: frame.left - 8, y: y + 4), "u", anchor: .end)
        }
    }

    private mutating func horizontalAxis(_ frame: Frame, title: String) {
        self.line(Point(x: frame.left, y: frame.bottom), Point(x: frame.right, y: frame.bottom), "axis")
        var end = -Double.infinity
        for tick in frame.axis.ticks {
            let x = frame.point(tick.value, frame.scale.low).x
            let half = TextWidth.of(tick.label, size: 12) / 2
            self.line(Point(x: x, y: frame.bottom), Point(x: x, y: frame.bottom + 4), "axis")
            // Labels that would touch their neighbour are left out; the ticks stay.
            guard x - half > end + 4 else { continue }
            let shift = max(0, x + half - self.width)
            self.text(tick.label, at: Point(x: x - shift, y: frame.bottom + 18), "u", anchor: .middle)
            end = x + half
        }
        self.height = frame.bottom + 18
        guard !title.isEmpty else { return }
        self.height += 18
        self.text(title, at: Point(x: (frame.left + frame.right) / 2, y: self.height), "u", anchor: .middle)
    }

    private mutating func curve(_ curve: Curve, _ frame: Frame) {
        let ink = curve.style.ink.name
        let points = curve.rows.map { frame.point($0.x, $0.middle) }
        if curve.isReference {
            self.path(points, curve.style.reference)
            return
        }
        if let fit = curve.fit, let last = curve.rows.last, let first = curve.rows.first {
            self.path([first.x, last.x].map { frame.point($0, fit.value(at: $0)) }, "\(ink) w")
        } else {
            self.path(points, curve.style.line)
        }
        guard !curve.isDense else { return }
        for (row, point) in zip(curve.rows, points) {
            let (low, high) = (frame.point(row.x, row.range.lowerBound), frame.point(row.x, row.range.upperBound))
            if low.y - high.y > 1 { self.line(low, high, "\(ink) w") }
            self.marker(curve.style, at: point)
        }
    }

    /// Stretches of time in the background, numbered at the top.
    private mutating func bands(_ events: [PlotEvent], _ frame: Frame) {
        for (index, event) in events.enumerated() {
            let begin = frame.point(event.begin, frame.scale.low).x
            let end = frame.point(event.end ?? event.begin, frame.scale.low).x
            let corner = Point(x: begin, y: frame.top)
            self.box(corner, width: max(end - begin, 2), height: frame.bottom - frame.top, "band")
            self.text("\(index + 1)", at: Point(x: (begin + end) / 2, y: frame.top - 5), "u", anchor: .middle)
        }
    }

    /// What the numbers of bands stand for.
    mutating func events(_ events: [PlotEvent]) {
        for (index, event) in events.enumerated() {
            self.paragraph("\(index + 1)  \(event.text)", size: 12, leading: 17, "u")
        }
    }

    /// Entries side by side as far as they fit.
    mutating func legend(_ entries: [LegendEntry]) {
        guard !entries.isEmpty else { return }
        var shown: [LegendEntry] = []
        for entry in entries where !shown.contains(entry) { shown.append(entry) }
        let sample = 26.0
        var x = 0.0
        self.height += 26
        for entry in shown {
            let size = sample + 8 + TextWidth.of(entry.label, size: 13)
            if x > 0, x + size > self.width {
                x = 0
                self.height += 21
            }
            let y = self.height - 4
            let line = entry.isReference ? entry.style.reference : entry.style.line
            if entry.hasLine { self.line(Point(x: x, y: y), Point(x: x + sample, y: y), line) }
            if entry.hasMarker {
                let radius = entry.hasLine ? 4.0 : 6
                self.marker(entry.style, at: Point(x: x + sample / 2, y: y), radius: radius)
            }
            var rest = TextWidth.lines(entry.label, size: 13, width: self.width - sample - 8)
            if !rest.isEmpty { self.text(rest.removeFirst(), at: Point(x: x + sample + 8, y: self.height)) }
            for line in rest {
                self.height += 17
                self.text(line, at: Point(x: x + sample + 8, y: self.height))
            }
            x = rest.isEmpty ? x + size + 22 : self.width
        }
        self.height += 6
    }
}
