// The text that Prometheus reads, version 0.0.4: a line for the type of each name, and a line for each of its series.

enum PrometheusText {
    typealias Key = PrometheusRegistry.Key

    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// Series that nobody gave a value are left out: they are not 0, but unknown.
    static func render(_ series: [Key: Series.State]) -> String {
        var text = ""
        let groups = Dictionary(grouping: series.filter { $0.value.value != nil }) { $0.key.name }
        for (name, members) in groups.sorted(by: { $0.key < $1.key }) {
            let lines = members.sorted { Self.labels($0.key) < Self.labels($1.key) }
            guard let kind = lines.first?.key.kind else { continue }
            text += "# TYPE \(name) \(kind.rawValue)\n"
            // One name with two types would be refused: what was told first in this order counts.
            for (key, state) in lines where key.kind == kind {
                let (labels, value) = (Self.labels(key), Self.number(state.value ?? 0))
                if kind == .summary {
                    text += "\(name)_sum\(labels) \(value)\n\(name)_count\(labels) \(state.observations)\n"
                } else {
                    text += "\(name)\(labels) \(value)\n"
                }
            }
        }
        return text
    }

    /// A name with whatever Prometheus does not allow replaced.
    static func name(_ name: String) -> String {
        let scalars = name.unicodeScalars.map { scalar in
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9": scalar
            default: "_" as Unicode.Scalar
            }
        }
        let isFit = scalars.first.map { !("0"..."9").contains($0) } ?? false
        return (isFit ? "" : "_") + String(String.UnicodeScalarView(scalars))
    }

    private static func labels(_ key: Key) -> String {
        guard !key.labels.isEmpty else { return "" }
        return "{" + key.labels.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }.joined(separator: ",") + "}"
    }

    private static func escaped(_ value: String) -> String {
        value.reduce(into: "") { text, character in
            switch character {
            case "\\": text += "\\\\"
            case "\"": text += "\\\""
            case "\n": text += "\\n"
            default: text.append(character)
            }
        }
    }

    /// Whole numbers as they are, so that positions do not lose their last digits to an exponent.
    private static func number(_ value: Double) -> String {
        if let whole = Int64(exactly: value) { return "\(whole)" }
        if value.isNaN { return "NaN" }
        return value.isInfinite ? (value > 0 ? "+Inf" : "-Inf") : "\(value)"
    }
}
