// The text of a suite with the places of its parts, so that whatever is wrong with it is told with line and column.

import Yams

/// Where a suite was written: its name stands in every error.
struct SuiteSource {
    /// A file's name, or the name of a suite that comes with the program.
    let name: String

    /// Far more than any suite needs.
    private static let sizeLimit = 1 << 20

    /// Reads the text as YAML.
    func root(_ text: String) throws(HarnessError) -> Node {
        guard text.utf8.count <= Self.sizeLimit else {
            throw HarnessError(.usage, "\(self.name): a suite has at most \(Self.sizeLimit) bytes")
        }
        do {
            if let node = try compose(yaml: text) { return node }
        } catch {
            throw self.translated(error)
        }
        throw HarnessError(.usage, "\(self.name): there is nothing in it; a suite lists scenarios")
    }

    /// An error at a place of the text.
    func error(at node: Node, _ message: String) -> HarnessError { self.error(at: node.mark, message) }

    func error(at mark: Mark?, _ message: String) -> HarnessError {
        let place = mark.map { "\($0.line):\($0.column): " } ?? " "
        return HarnessError(.usage, "\(self.name):\(place)\(message)")
    }

    private func translated(_ error: any Error) -> HarnessError {
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            self.error(at: mark, "this is no YAML: \(problem)")
        case .duplicatedKeysInMapping(let keys, let context):
            self.error(
                at: context.mark,
                "in what begins here, \(keys.joined(separator: ", ")) is written more than once"
            )
        case .reader(let problem, _, _, _):
            HarnessError(.usage, "\(self.name): this is no text: \(problem)")
        default:
            HarnessError(.usage, "\(self.name): this is no YAML: \(error)")
        }
    }
}

extension Node {
    /// What it is, for an error.
    var form: String {
        switch self {
        case .scalar(let scalar): scalar.string.isEmpty ? "nothing" : "'\(scalar.string.prefix(40))'"
        case .mapping: "a list of names and values"
        case .sequence: "a list"
        case .alias: "an alias"
        }
    }
}
