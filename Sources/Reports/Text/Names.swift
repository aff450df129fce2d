// The words that reports use for targets and parameters.

internal import Measurement

/// Short and full names of the targets of a run.
struct TargetNames {
    /// The engine of this project, as the harness calls it.
    static let bundled = "bundled"
    /// The pseudo target of the ceiling scenario.
    static let machine = "machine"

    private let products: [String: String]
    private let shortNames: [String: String]
    /// Servers under test in the order of the record; the machine is none.
    let servers: [String]

    init(_ record: RunRecord) {
        var products: [String: String] = [:]
        for target in record.targets { products[target.id] = Markdown.oneLine(target.product) }
        var ids = record.targets.map(\.id)
        for measured in record.cases where !ids.contains(measured.target) { ids.append(measured.target) }
        var shortNames = products.mapValues { String($0.prefix { $0 != " " }) }
        // Two versions of one product are told apart by their ids.
        let counts = Dictionary(grouping: shortNames.values, by: \.self).mapValues(\.count)
        for (id, name) in shortNames where name.isEmpty || counts[name, default: 0] > 1 { shortNames[id] = id }
        self.products = products
        self.shortNames = shortNames
        self.servers = ids.filter { $0 != Self.machine }
    }

    /// `Redis`
    func short(_ id: String) -> String {
        id == Self.machine ? "the machine" : self.shortNames[id] ?? Markdown.oneLine(id)
    }

    /// `Redis 7.0.15`
    func full(_ id: String) -> String {
        self.products[id] ?? self.short(id)
    }

    /// Where a target stands in tables and legends.
    func rank(_ id: String) -> Int {
        self.servers.firstIndex(of: id) ?? self.servers.count
    }

    /// The server that sentences are about: the bundled engine, or the first server of a run without it.
    var subject: String? {
        self.servers.contains(Self.bundled) ? Self.bundled : self.servers.first
    }
}

enum ParameterText {
    /// "16 replicas", "1 KiB values", "pipeline 64".
    static func words(_ parameter: Parameter) -> String {
        let value = Markdown.oneLine(parameter.value)
        // Of a server that somebody else started.
        if value == "as configured" { return "\(self.title(parameter.name).lowercased()) \(value)" }
        switch parameter.name {
        case "replicas": return value == "1" ? "1 replica" : "\(value) replicas"
        case "sockets": return value == "1" ? "1 socket" : "\(value) sockets"
        case "connections": return value == "1" ? "1 connection" : "\(value) connections"
        case "value_size": return "\(self.size(value)) values"
        case "concurrency": return "\(value) at a time"
        case "load_limit": return "load of at most \(self.size(value))/s"
        case "kind": return self.kind(value)
        case "loop": return "\(value) loop"
        case "arrival": return value == "poisson" ? "arrivals by chance" : "\(value) arrivals"
        case "settle": return "idle for \(value) s"
        case "bystanders": return "beside \(value)"
        case "mix": return "mix of \(value)"
        case "value_sizes": return "sizes \(value)"
        case "key_choice": return "keys \(value)"
        case "limit": return value
        case "topology": return value == "channel" ? "group" : "primary and replicas"
        case "election": return "elects by \(value)"
        case "heartbeat": return "heartbeat of \(value) ms"
        case "writers": return "\(value) writers"
        case "class": return "\(value) traffic"
        case "bytes": return "\(self.size(value)) behind"
        case "behaviour", "fan_out": return value
        case "keys": return "\(self.grouped(value)) keys"
        case "write_rate": return value == "0" ? "no writes" : "\(self.grouped(value)) writes/s"
        case "ceiling_share": return "\(value) % of the ceiling"
        case "transfer": return value == "file" ? "through a file" : value
        case "receiver": return value == "live" ? "live replica" : "\(value) replica"
        case "source": return "from \(value)"
        case "cache": return "\(value) cache"
        case "log_records": return "\(self.grouped(value)) records"
        case "distance": return "\(self.grouped(value)) behind"
        case "backlog_size": return "backlog of \(self.size(value))"
        case "snapshot_chunk_size": return "chunks of \(self.size(value))"
        default: return "\(self.title(parameter.name).lowercased()) \(value)"
        }
    }

    /// The value alone, for a column that the parameter heads.
    static func value(_ parameter: Parameter) -> String {
        switch parameter.name {
        case "value_size", "backlog_size", "snapshot_chunk_size", "bytes": self.size(parameter.value)
        case "heartbeat": "\(Markdown.oneLine(parameter.value)) ms"
        case "settle": "\(Markdown.oneLine(parameter.value)) s"
        case "topology": parameter.value == "channel" ? "group" : "primary and replicas"
        case "load_limit": "\(self.size(parameter.value))/s"
        case "kind": self.kind(Markdown.oneLine(parameter.value))
        case "write_rate": parameter.value == "0" ? "none" : "\(self.grouped(parameter.value))/s"
        case "keys", "log_records", "distance": self.grouped(parameter.value)
        case "ceiling_share": "\(Markdown.oneLine(parameter.value)) % of the ceiling"
        case "transfer": parameter.value == "file" ? "through a file" : Markdown.oneLine(parameter.value)
        default: Markdown.oneLine(parameter.value)
        }
    }

    /// The value of a setting as a server tells it; sizes in bytes also as people read them: "268435456 (256 MiB)".
    static func fact(_ parameter: Parameter) -> String {
        let value = Markdown.oneLine(parameter.value)
        let isSize = ["size", "limit", "bytes", "memory"].contains(where: parameter.name.contains)
        guard isSize, let bytes = Int(value), bytes >= 1024 else { return value.isEmpty ? "(empty)" : value }
        return "\(value) (\(Quantity(unit: "B").text(Double(bytes))))"
    }

    /// `value_size` → "Value size".
    static func title(_ name: String) -> String {
        let spaced = Markdown.oneLine(name).split(separator: "_").joined(separator: " ")
        return name == "fan_out" ? "Fan-out" : spaced.prefix(1).uppercased() + spaced.dropFirst()
    }

    /// Whether a heading or an axis says it anyway, or it says nothing: a case without load has zero connections.
    static func isObvious(_ parameter: Parameter) -> Bool {
        switch parameter.name {
        case "behaviour", "kind", "fan_out", "receiver": true
        case "connections", "pipeline": parameter.value == "0"
        default: false
        }
    }

    static func kind(_ value: String) -> String {
        switch value {
        case "tip": "resume at the tip"
        case "minimal": "resume, shortest exchange"
        case "behind": "resume from behind"
        case "too-old": "too old to resume"
        case "storm": "storm"
        default: value
        }
    }

    private static func grouped(_ value: String) -> String {
        Int(value).map(ResumeSentence.grouped) ?? Markdown.oneLine(value)
    }

    private static func size(_ value: String) -> String {
        guard let bytes = Int(value) else { return Markdown.oneLine(value) }
        let units = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")]
        for (divisor, unit) in units where bytes >= divisor && bytes % divisor == 0 {
            return "\(bytes / divisor) \(unit)"
        }
        return "\(bytes) B"
    }
}
