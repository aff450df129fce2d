// Settings by the harness's own names, which mean the same for every product that has them.

/// A setting of a server: `chunk-size` = `64kb`.
package struct Knob: Hashable, Sendable, CustomStringConvertible {
    package var name: String
    package var value: String

    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }

    /// Reads `chunk-size=64kb`.
    package init(parsing text: String) throws(HarnessError) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
            throw HarnessError(.usage, "'\(text)' is no setting; write name=value, as in chunk-size=64kb")
        }
        self.init(String(parts[0]), String(parts[1]))
    }

    package var description: String { "\(self.name)=\(self.value)" }
}

/// What a knob is for one product.
struct KnobRule: Sendable {
    enum Kind: Sendable {
        /// Bytes, with or without a suffix.
        case size
        case number
        case choice([String])
    }

    let name: String
    let kind: Kind
    /// Settings of the product, each with the value put in for `{}`.
    let settings: [ServerSetting]

    init(_ name: String, _ kind: Kind, _ setting: String) {
        self.init(name, kind, [ServerSetting(setting, Self.placeholder)])
    }

    init(_ name: String, _ kind: Kind, _ settings: [ServerSetting]) {
        self.name = name
        self.kind = kind
        self.settings = settings
    }

    static let placeholder = "{}"

    /// Digits and a unit that every product reads alike; what they amount to is the server's to say.
    private static func isSize(_ value: String) -> Bool {
        let digits = value.prefix { ("0"..."9").contains($0) }
        return !digits.isEmpty && ["", "kb", "mb", "gb"].contains(value.dropFirst(digits.count).lowercased())
    }

    /// - Throws: `usage` when the value is not of this kind.
    func settings(for value: String) throws(HarnessError) -> [ServerSetting] {
        switch self.kind {
        case .size:
            guard Self.isSize(value) else {
                throw HarnessError(.usage, "\(self.name)=\(value) is no size; write bytes, or as in 64kb, 16mb, 1gb")
            }
        case .number:
            guard Int(value).map({ $0 >= 0 }) ?? false else {
                throw HarnessError(.usage, "\(self.name)=\(value) is no whole number of 0 or more")
            }
        case .choice(let words):
            guard words.contains(value) else {
                throw HarnessError(.usage, "\(self.name)=\(value) must be one of \(words.joined(separator: ", "))")
            }
        }
        return self.settings.map { ServerSetting($0.name, $0.value.replacing(Self.placeholder, with: value)) }
    }
}

/// One setting under the product's own name, as a flag of its command line.
struct ServerSetting: Hashable, Sendable {
    var name: String
    /// A value of several words is several arguments.
    var value: String

    init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }

    /// As arguments; of settings with one name the last one counts.
    static func arguments(_ settings: [ServerSetting]) -> [String] {
        var last: [String: String] = [:]
        for setting in settings { last[setting.name] = setting.value }
        var arguments: [String] = []
        for setting in settings {
            guard let value = last.removeValue(forKey: setting.name) else { continue }
            arguments.append("--\(setting.name)")
            arguments += value.isEmpty ? [""] : value.split(separator: " ").map(String.init)
        }
        return arguments
    }
}
