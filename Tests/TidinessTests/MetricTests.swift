import Foundation
import Testing

@Suite struct MetricTests {
    @Test("every metric that a scenario enters by name is defined in docs/metrics.md")
    func definitions() throws {
        let page = try String(contentsOf: SourceTree.root.appendingPathComponent("docs/metrics.md"), encoding: .utf8)
        var names: Set<String> = []
        for file in SourceTree.sources where file.module == "Harness" {
            for match in file.text.matches(of: /add\(\s*"([a-z0-9_]+)"/) { names.insert(String(match.output.1)) }
        }
        #expect(names.count > 40)
        for name in names.sorted() { #expect(page.contains("`\(name)`"), "\(name) is not defined") }
    }
}
