import Foundation
import Testing

@Suite struct MetricTests {
    private static let harness = SourceTree.sources.filter { $0.module == "Harness" }

    /// The names under which scenarios enter figures: a literal as the first argument, or the literals of a list that is
    /// walked to enter them.
    private static let entered: Set<String> = {
        var names: Set<String> = []
        for file in Self.harness {
            let code = file.code.joined(separator: "\n")
            for match in code.matches(of: /\.add\(\s*"([a-z][a-z0-9_]*)"/) { names.insert(String(match.1)) }
            for match in code.matches(of: /for [^\n]* in \[([^\[\]]*)\] \{\s*trial\.add\((?:metric|name),/) {
                for name in match.1.matches(of: /"([a-z][a-z0-9_]*)"/) { names.insert(String(name.1)) }
            }
        }
        return names
    }()

    @Test("every metric that a scenario enters is defined in docs/metrics.md")
    func defined() throws {
        let text = try String(contentsOf: SourceTree.root.appendingPathComponent("docs/metrics.md"), encoding: .utf8)
        #expect(Self.entered.count > 60)
        for name in Self.entered.sorted() {
            #expect(text.contains("`\(name)`"), "\(name) is measured and not defined")
        }
    }

    @Test("the search for names finds single entries and lists")
    func search() {
        for name in ["write_rate", "lag", "allocator_active", "replica_stalls"] { #expect(Self.entered.contains(name)) }
    }
}
