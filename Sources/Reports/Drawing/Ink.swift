// The colours of all charts, in one place: names for roles, and the style sheet that gives them a look by day and by night.

internal import Measurement

/// Colours of Okabe and Ito (2008), which people with any colour vision tell apart; yellow is left out on white. By night
/// the same hues are lighter.
enum Ink: Equatable {
    case subject
    /// The subject with private copies.
    case subjectCopy
    case other(Int)
    /// What the machine can do, and other things that no server does.
    case reference
    case good
    case bad

    var name: String {
        switch self {
        case .subject: "k0"
        case .subjectCopy: "k1"
        case .other(let index): "k\(2 + index % 4)"
        case .reference: "k6"
        case .good: "k7"
        case .bad: "k8"
        }
    }

    private static let names = (0...8).map { "k\($0)" }
    private static let day = [
        "#0072b2", "#56b4e9", "#d55e00", "#009e73", "#cc79a7", "#c98500", "#555555", "#00804f", "#c2402a",
    ]
    private static let night = [
        "#5ab8f0", "#a5d8ff", "#ff8f4a", "#35c79d", "#e8a3cb", "#f0b83c", "#b5b5b5", "#4bd08f", "#ff7d66",
    ]

    /// Strokes carry `s`, fillings `f`, open markers `o` beside the name of their ink.
    static let styleSheet =
        """
        .chart text{font-family:system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif;font-size:13px}
        .chart .t{font-size:16px;font-weight:600}
        .chart .u{font-size:12px}
        .chart .s{fill:none;stroke-width:2.2;stroke-linejoin:round;stroke-linecap:round}
        .chart .w{fill:none;stroke-width:1.4}
        .chart .d1{stroke-dasharray:7 5}
        .chart .d2{stroke-dasharray:2 5}
        .chart .d3{stroke-dasharray:9 4 2 4}
        .chart .o{stroke-width:1.8}
        .chart .grid,.chart .axis{stroke-width:1}

        """ + Self.look(Self.day, ink: "#1c1c1e", soft: "#5c5c61", grid: "#e2e2e6", axis: "#8d8d93", paper: "#ffffff")
        + "@media (prefers-color-scheme:dark){\n"
        + Self.look(Self.night, ink: "#ececf0", soft: "#a9a9b1", grid: "#35353b", axis: "#7d7d86", paper: "#17171a")
        + "}\n"

    private static func look(
        _ colours: [String],
        ink: String,
        soft: String,
        grid: String,
        axis: String,
        paper: String
    ) -> String {
        var rules = [
            ".chart text{fill:\(ink)}", ".chart .u,.chart .soft{fill:\(soft)}", ".chart .grid{stroke:\(grid)}",
            ".chart .axis{stroke:\(axis)}", ".chart .paper{fill:\(paper)}", ".chart .o{fill:\(paper)}",
            ".chart .band{fill:\(soft);fill-opacity:.16}", ".chart .inverse{fill:\(paper)}",
            ".chart .edge{fill:none;stroke:\(ink);stroke-width:2}",
        ]
        for (name, colour) in zip(self.names, colours) {
            rules.append(".chart .\(name).s,.chart .\(name).w,.chart .\(name).o{stroke:\(colour)}")
            rules.append(".chart .\(name).f{fill:\(colour)}")
        }
        return rules.map { "\($0)\n" }.joined()
    }
}

/// How one series is drawn: ink and shape tell server and fan-out mode, dash and filling tell the rest.
struct Style: Equatable {
    let ink: Ink
    /// 0 for the subject, drawn last, so that it shows on top of a curve that it meets.
    let shape: Int
    let variant: Int

    var line: String { "\(self.ink.name) s" + (self.variant % 4 == 0 ? "" : " d\(self.variant % 4)") }

    /// Of a reference line.
    var reference: String { "\(self.ink.name) w d\(1 + self.variant % 2)" }

    static func all(for series: [Series], names: TargetNames) -> [Style] {
        let others = names.servers.filter { $0 != names.subject }
        var variants: [String] = []
        return series.map { one in
            let rest = one.fixed.filter { $0.name != "fan_out" && $0.name != "behaviour" }
                .map { "\($0.name)=\($0.value)" }.joined(separator: ",")
            let variant = variants.firstIndex(of: rest) ?? variants.count
            if variant == variants.count { variants.append(rest) }
            let isCopy = one.parameter("fan_out") == "copy"
            if one.target == names.subject {
                let ink = isCopy ? Ink.subjectCopy : Ink.subject
                return Style(ink: ink, shape: isCopy ? others.count + 1 : 0, variant: variant)
            }
            let place = (others.firstIndex(of: one.target) ?? 0) + (isCopy ? others.count + 1 : 0)
            return Style(ink: .other(place), shape: place + 1, variant: variant)
        }
    }

    /// That of a server in a chart where nothing else tells its lines apart.
    static func of(_ target: String, names: TargetNames, variant: Int = 0) -> Style {
        let place = names.servers.filter { $0 != names.subject }.firstIndex(of: target)
        return Style(ink: place.map(Ink.other) ?? .subject, shape: place.map { $0 + 1 } ?? 0, variant: variant)
    }
}

extension Canvas {
    /// Circle, square, triangle up, diamond, triangle down: filled for the first variant, else open.
    mutating func marker(_ style: Style, at centre: Point, radius: Double = 4) {
        let classes = "\(style.ink.name) \(style.variant == 0 ? "f" : "o")"
        func corner(_ x: Double, _ y: Double) -> Point {
            Point(x: centre.x + x * radius, y: centre.y + y * radius)
        }
        switch style.shape % 5 {
        case 0: self.circle(centre, radius: radius, classes)
        case 1: self.polygon([corner(-0.9, -0.9), corner(0.9, -0.9), corner(0.9, 0.9), corner(-0.9, 0.9)], classes)
        case 2: self.polygon([corner(0, -1.2), corner(1.1, 0.9), corner(-1.1, 0.9)], classes)
        case 3: self.polygon([corner(0, -1.3), corner(1.3, 0), corner(0, 1.3), corner(-1.3, 0)], classes)
        default: self.polygon([corner(0, 1.2), corner(1.1, -0.9), corner(-1.1, -0.9)], classes)
        }
    }
}
