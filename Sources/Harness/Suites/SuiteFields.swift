import Yams

/// How a value is read.
typealias SuiteReading<Value> = (Node, SuiteSource) throws(HarnessError) -> Value

/// Names and values of one part of a suite, all of whose names are known.
struct SuiteFields {
    /// Values of one parameter; a longer list is a mistake.
    private static let axisLimit = 256

    let node: Node
    let source: SuiteSource
    private let pairs: [(key: Node, value: Node)]

    /// - Parameters:
    ///   - what: the part, for errors: "a fan-out scenario".
    ///   - allowed: the names that may stand there.
    init(_ node: Node, of what: String, allowed: [String], _ source: SuiteSource) throws(HarnessError) {
        guard case .mapping(let mapping) = node else {
            throw source.error(
                at: node,
                "\(what) is written as names and values (\(allowed.joined(separator: ", "))), not as \(node.form)"
            )
        }
        self.node = node
        self.source = source
        self.pairs = mapping.map { ($0.key, $0.value) }
        for pair in self.pairs where !allowed.contains(pair.key.scalar?.string ?? "") {
            throw source.error(
                at: pair.key,
                "\(what) knows no \(pair.key.form); it knows \(allowed.joined(separator: ", "))"
            )
        }
    }

    subscript(_ name: String) -> Node? { self.pairs.first { $0.key.scalar?.string == name }?.value }

    /// One value; `nil` where it is not written.
    func value<Value>(_ name: String, _ read: SuiteReading<Value>) throws(HarnessError) -> Value? {
        guard let node = self[name] else { return nil }
        if case .sequence = node {
            throw self.source.error(at: node, "\(name) takes one value here, not a list")
        }
        return try read(node, self.source)
    }

    /// A value or a list of them; `nil` where it is not written.
    func axis<Value: Hashable>(_ name: String, _ read: SuiteReading<Value>) throws(HarnessError) -> [Value]? {
        guard let node = self[name] else { return nil }
        guard case .sequence(let items) = node else { return [try read(node, self.source)] }
        guard !items.isEmpty else { throw self.source.error(at: node, "\(name) lists nothing, so there is no case") }
        guard items.count <= Self.axisLimit else {
            throw self.source.error(at: node, "\(name) lists \(items.count) values; \(Self.axisLimit) are the most")
        }
        var values: [Value] = []
        for item in items {
            let value = try read(item, self.source)
            if values.contains(value) { throw self.source.error(at: item, "\(name) lists \(item.form) twice") }
            values.append(value)
        }
        return values
    }

    /// What must be written.
    func required(_ name: String, of what: String) throws(HarnessError) -> Node {
        if let node = self[name] { return node }
        throw self.source.error(at: self.node, "\(what) needs '\(name)'")
    }
}
