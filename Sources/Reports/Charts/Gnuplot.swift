// The look that all charts share, and text that is safe inside a gnuplot script: names of products come from servers,
// and gnuplot runs what stands in backquotes inside double quotes.

internal import Measurement

enum Gnuplot {
    /// A literal string in single quotes, where gnuplot substitutes nothing.
    static func quoted(_ text: String) -> String {
        var result = "'"
        for scalar in Markdown.oneLine(text).unicodeScalars {
            if scalar == "'" { result += "'" }
            result.unicodeScalars.append(scalar)
        }
        return result + "'"
    }

    /// Several lines of text. Only double quotes know line breaks, so all that gnuplot would interpret there is left out.
    static func lines(_ texts: [String]) -> String {
        let special: Set<Character> = ["\\", "\"", "`"]
        return "\"" + texts.map { Markdown.oneLine($0).filter { !special.contains($0) } }.joined(separator: "\\n")
            + "\""
    }

    /// A number that gnuplot reads as a real one, so that 1/2 is not 0.
    static func number(_ value: Double) -> String { "\(value)" }

    /// Pixels from the top edge to the middle of title and subtitle.
    private static let titlePlace = (title: 24.0, subtitle: 48.0)

    static func header(name: String, title: String, subtitle: String, height: Int = 470) -> [String] {
        func place(_ pixels: Double) -> String {
            "at screen 0.02,\(DecimalText.fixed(1 - pixels / Double(height), places: 4)) left noenhanced"
        }
        return [
            "# Draw again with: gnuplot \(name).gp",
            "set encoding utf8",
            "set terminal svg size 860,\(height) enhanced font 'DejaVu Sans,13' background '#ffffff'",
            "set output '\(name).svg'",
            "set datafile separator tab",
            "set border 3 linecolor '#888888' linewidth 1",
            "set tics nomirror out scale 0.6 textcolor '#333333'",
            "set grid ytics linecolor '#dddddd' linewidth 0.8 linetype 1",
            "set tmargin 4.4",
            "set label 900 \(self.quoted(title)) \(place(self.titlePlace.title)) font 'DejaVu Sans Bold,15'",
            "set label 901 \(self.quoted(subtitle)) \(place(self.titlePlace.subtitle)) font ',11' textcolor '#555555'",
            "set key noenhanced reverse Left bmargin left horizontal samplen 3.2 spacing 1.2 width 1 textcolor '#222222'",
            // From zero, or from below it: noise can put a total under the one that it is measured from.
            "set yrange [*<0:*]",
        ]
    }
}

/// Colours of Okabe and Ito (2008), which people with any colour vision tell apart; yellow is left out on white.
enum Palette {
    static let subject = "#0072B2"
    static let subjectCopy = "#56B4E9"
    static let ceiling = "#444444"
    private static let others = ["#D55E00", "#009E73", "#CC79A7", "#E69F00"]

    static func other(_ index: Int) -> String { self.others[index % self.others.count] }
}

/// How one series is drawn: colour and shape tell server and fan-out mode, dash and filling tell the rest.
struct Style {
    let colour: String
    /// 0 for the subject, drawn smaller and last, so that it shows on top of a curve that it meets.
    let shape: Int
    let variant: Int

    /// Circle, square, triangle up, diamond, triangle down: gnuplot's filled and open point types.
    private static let filled = [7, 5, 9, 13, 11]
    private static let open = [6, 4, 8, 12, 10]

    var point: String {
        let types = self.variant == 0 ? Self.filled : Self.open
        return "pointtype \(types[self.shape % types.count]) pointsize \(self.shape == 0 ? "0.75" : "1.0")"
    }

    var colouring: String { "linecolor '\(self.colour)'" }

    var line: String { "\(self.colouring) linewidth 2.2 dashtype \(self.variant % 4 + 1)" }

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
                let colour = isCopy ? Palette.subjectCopy : Palette.subject
                return Style(colour: colour, shape: isCopy ? others.count + 1 : 0, variant: variant)
            }
            let place = (others.firstIndex(of: one.target) ?? 0) + (isCopy ? others.count + 1 : 0)
            return Style(colour: Palette.other(place), shape: place + 1, variant: variant)
        }
    }
}
