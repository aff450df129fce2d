// SVG as text. Shapes carry class names and no colours, so that one style sheet gives them the light or the dark look; what
// cannot do that, such as a Markdown viewer that rasterises, shows the light one.

/// An image under construction, in pixels, with the origin at the top left.
struct Canvas {
    let width: Double
    /// Grows with what is drawn; the foot is left to the caller.
    var height = 0.0
    private var elements: [String] = []

    init(width: Double) {
        self.width = width
    }

    struct Point: Equatable {
        var x: Double
        var y: Double
    }

    enum Anchor: String {
        case start, middle, end
    }

    mutating func line(_ from: Point, _ to: Point, _ classes: String) {
        self.elements.append(
            "<line x1='\(Self.number(from.x))' y1='\(Self.number(from.y))' x2='\(Self.number(to.x))' "
                + "y2='\(Self.number(to.y))' class='\(classes)'/>"
        )
    }

    mutating func path(_ points: [Point], _ classes: String) {
        guard points.count > 1 else { return }
        let text = points.map { "\(Self.number($0.x)),\(Self.number($0.y))" }.joined(separator: " ")
        self.elements.append("<polyline points='\(text)' class='\(classes)'/>")
    }

    mutating func polygon(_ points: [Point], _ classes: String) {
        let text = points.map { "\(Self.number($0.x)),\(Self.number($0.y))" }.joined(separator: " ")
        self.elements.append("<polygon points='\(text)' class='\(classes)'/>")
    }

    mutating func circle(_ centre: Point, radius: Double, _ classes: String) {
        self.elements.append(
            "<circle cx='\(Self.number(centre.x))' cy='\(Self.number(centre.y))' r='\(Self.number(radius))' "
                + "class='\(classes)'/>"
        )
    }

    /// - Parameter opacity: of the filling; 1 leaves it to the class.
    mutating func box(_ corner: Point, width: Double, height: Double, _ classes: String, opacity: Double = 1) {
        let veil = opacity < 1 ? " fill-opacity='\(DecimalText.fixed(opacity, places: 2))'" : ""
        self.elements.append(
            "<rect x='\(Self.number(corner.x))' y='\(Self.number(corner.y))' width='\(Self.number(max(width, 0)))' "
                + "height='\(Self.number(max(height, 0)))' class='\(classes)'\(veil)/>"
        )
    }

    mutating func text(_ text: String, at point: Point, _ classes: String = "", anchor: Anchor = .start) {
        let aligned = anchor == .start ? "" : " text-anchor='\(anchor.rawValue)'"
        let styled = classes.isEmpty ? "" : " class='\(classes)'"
        self.elements.append(
            "<text x='\(Self.number(point.x))' y='\(Self.number(point.y))'\(aligned)\(styled)>"
                + "\(Self.escaped(text))</text>"
        )
    }

    /// Lines of text below the height so far, broken where the width ends.
    mutating func paragraph(_ text: String, size: Double, leading: Double, _ classes: String) {
        // Titles are bold, and wider for it.
        for line in TextWidth.lines(text, size: classes == "t" ? size * 1.12 : size, width: self.width) {
            self.height += leading
            self.text(line, at: Point(x: 0, y: self.height), classes)
        }
    }

    /// - Parameter style: an own style sheet and background, for a file of its own; without, the page has them.
    func svg(title: String, style: String?) -> String {
        let size = "0 0 \(Self.number(self.width)) \(Self.number(self.height))"
        var lines = [
            "<svg xmlns='http://www.w3.org/2000/svg' viewBox='\(size)' class='chart' role='img' "
                + (style == nil
                    ? "" : "width='\(Self.number(self.width))' height='\(Self.number(self.height))' ")
                + "aria-label='\(Self.escaped(title))'>"
        ]
        if let style {
            lines.append("<style>\n\(style)</style>")
            lines.append("<rect x='0' y='0' width='100%' height='100%' class='paper'/>")
        }
        return (lines + self.elements + ["</svg>"]).joined(separator: "\n") + "\n"
    }

    /// The same, moved: for a margin around everything.
    func inset(by margin: Double) -> Canvas {
        var outer = Canvas(width: self.width + 2 * margin)
        outer.height = self.height + 2 * margin
        let place = Self.number(margin)
        outer.elements = ["<g transform='translate(\(place),\(place))'>"] + self.elements + ["</g>"]
        return outer
    }

    /// Half a tenth of a pixel is less than anybody sees; what is not finite or far outside has no place.
    private static func number(_ value: Double) -> String {
        guard value.isFinite else { return "0" }
        let text = DecimalText.fixed(min(max(value, -99_999), 99_999), places: 1)
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }

    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in Markdown.oneLine(text).unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "'": result += "&#39;"
            case "\"": result += "&quot;"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}

/// How wide text is, about: no font can be asked here, and a browser picks its own.
enum TextWidth {
    private static let narrow = Set("iljtfrI.,:;'|!()[] ·…")
    private static let wide = Set("mwMWÀ@%—")

    static func of(_ text: String, size: Double) -> Double {
        text.reduce(0) { width, letter in
            let share: Double =
                if Self.narrow.contains(letter) { 0.34 } else if Self.wide.contains(letter) { 0.92 } else {
                    letter.isUppercase ? 0.7 : 0.59
                }
            return width + share * size
        }
    }

    /// Broken between words; a word that is longer than a line stays whole.
    static func lines(_ text: String, size: Double, width: Double) -> [String] {
        var lines: [String] = []
        for word in text.split(separator: " ") {
            let longer = lines.last.map { "\($0) \(word)" }
            if let longer, Self.of(longer, size: size) <= width {
                lines[lines.count - 1] = longer
            } else {
                lines.append(String(word))
            }
        }
        return lines
    }
}
