// The suites that come with the program: texts in the form of files, read by the same code.

package enum BuiltInSuites {
    /// In the order in which they are listed.
    package static let texts: [(name: String, text: String)] = [
        ("quick", Self.quick), ("standard", Self.standard), ("full", Self.full), ("resume", Self.resume),
        ("snapshot", Self.snapshot), ("live", Self.live), ("lag", Self.lag), ("faults", Self.faults),
        ("failover", Self.failover), ("catch-up", Self.catchUp),
        ("gate", Self.gate), ("scale", Self.scale),
    ]

    package static var names: [String] { self.texts.map(\.name) }

    /// - Throws: `usage` when no suite has this name.
    package static func suite(_ name: String) throws(HarnessError) -> Suite {
        guard let text = self.texts.first(where: { $0.name == name })?.text else {
            throw HarnessError(
                .usage,
                "unknown suite '\(name)'; use \(self.names.joined(separator: ", ")), soak, or a file (docs/scenarios.md)"
            )
        }
        return try SuiteFile.read(text, name: name)
    }
}
