import Measurement
import Testing

@testable import Reports

@Suite("report.html")
struct HTMLTests {
    private func html(_ markdown: String) -> String {
        HTMLBody(markdown, figure: { $0 == "charts/a.svg" ? "<figure>a</figure>" : nil }).text
    }

    @Test("the page says what report.md says, with every chart twice inside, for wide and for narrow screens")
    func page() throws {
        let files = ReportFiles(SampleRun.record())
        let page = files.page
        for line in files.markdown.split(separator: "\n") where line.hasPrefix("## ") {
            #expect(page.contains(">\(HTML.inline(line.dropFirst(3)))</h2>"))
        }
        #expect(page.ranges(of: "<svg ").count == 2 * files.charts.count)
        #expect(page.contains("A replica that has just come costs this engine <strong>4.00 KiB</strong> of memory"))
        #expect(page.contains("<nav><a href=\"#memory-of-idle-replicas\">Memory of idle replicas</a>"))
        #expect(page.contains("<h2 id=\"memory-of-idle-replicas\">"))
    }

    @Test("the page loads nothing and runs nothing")
    func selfContained() {
        let page = ReportFiles(SampleRun.record()).page
        for word in ["<script", "<link", "@import", "src=", "url(", "http://", "https://"] {
            let found = page.ranges(of: word).filter { !page[$0.lowerBound...].hasPrefix("http://www.w3.org/2000/svg") }
            #expect(found.isEmpty, "\(word)")
        }
        #expect(page.contains("prefers-color-scheme:dark"))
        #expect(page.contains("name=\"viewport\""))
    }

    @Test("headings, lists, code and images become what they are")
    func blocks() {
        #expect(self.html("# A\n\n## B c!") == "<h1>A</h1>\n<h2 id=\"b-c\">B c!</h2>")
        #expect(self.html("- a\n- **b**") == "<ul class=\"lead\"><li>a</li><li><strong>b</strong></li></ul>")
        #expect(self.html("    x < y") == "<pre><code>x &lt; y</code></pre>")
        #expect(self.html("![A](charts/a.svg)") == "<figure>a</figure>")
        #expect(self.html("![A](charts/b.svg)") == "<p>A</p>")
        #expect(self.html("a  \nb") == "<p class=\"meta\">a  <br>\nb</p>")
    }

    @Test("a table keeps its alignment, puts ranges apart, and names each cell for narrow screens")
    func table() {
        let table = self.html(
            "| Keys | Target | Rate |\n| --: | :-- | --: |\n| 5 | A | 1 s (0…2) ~ |\n| 5 | B | –<sup>1</sup> |"
        )
        #expect(table.contains("<th class=\"r\">Rate</th>"))
        #expect(table.contains("<td class=\"r\" data-l=\"Rate\">1 s <span class=\"range\">(0…2) ~</span></td>"))
        #expect(table.contains("<td class=\"r same\" data-l=\"Keys\">5</td>"))
        #expect(table.contains("<td class=\"r none\" data-l=\"Rate\">–<sup>1</sup></td>"))
    }

    @Test("an escaped bar stays in its cell, and escaped text stays text")
    func escapes() {
        #expect(HTML.cells("| a\\|b | c\\\\ |") == ["a\\|b", "c\\\\"])
        #expect(HTML.inline("a\\|b \\<c\\> \\*\\*d") == "a|b &lt;c&gt; **d")
    }

    @Test(
        "nothing from a record becomes an element, an attribute or a link of its own",
        arguments: [
            "<script>alert(1)</script>", "</td></table><img onerror=x>", "[a](javascript:alert(1))",
            "\" onmouseover=\"x", "![a](b.svg)", "**<b>**",
        ]
    )
    func hostile(text: String) {
        var record = SampleRun.record()
        record.name = text
        record.targets[1].product = text
        record.notes = [text]
        record.command = text
        record.environment = [EnvironmentSection(title: text, facts: [Parameter(text, text)])]
        let page = ReportFiles(record).page
        for word in ["<script", "<img", "<b>", "javascript:alert(1)\"", "\" onmouseover"] {
            #expect(!page.contains(word))
        }
        #expect(page.hasSuffix("</html>\n"))
    }
}
