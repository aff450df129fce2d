// report.html: the page of report.md as one file, with the charts inside, for a browser on a desk or on a phone. It needs
// no script and loads nothing.

internal import Measurement

struct HTMLPage {
    private let markdown: String
    private let charts: [Chart]
    private let title: String

    init(markdown: String, charts: [Chart], title: String) {
        self.markdown = markdown
        self.charts = charts
        self.title = title
    }

    var text: String {
        let body = HTMLBody(self.markdown, figure: self.figure).text
        // The way into a long page stands between the verdict and the evidence.
        let start = body.ranges(of: "<h2").first?.lowerBound ?? body.endIndex
        let page = body[..<start] + self.contents + body[start...]
        return """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width,initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <title>\(HTML.escaped(self.title)) · replication report</title>
            <style>
            \(Self.styleSheet)\(Ink.styleSheet)</style>
            </head>
            <body>
            <main>
            \(page)
            </main>
            </body>
            </html>

            """
    }

    private var contents: String {
        let titles = self.markdown.split(separator: "\n").filter { $0.hasPrefix("## ") }.map { $0.dropFirst(3) }
        let links = titles.map { "<a href=\"#\(HTML.anchor($0))\">\(HTML.inline($0))</a>" }
        return links.isEmpty ? "" : "<nav>\(links.joined(separator: " "))</nav>\n"
    }

    /// Each chart twice, for wide and for narrow screens: text that shrinks with its image cannot be read on a phone.
    private func figure(_ path: String) -> String? {
        let name = path.split(separator: "/").last?.split(separator: ".").first.map(String.init)
        guard let chart = self.charts.first(where: { $0.name == name }) else { return nil }
        return """
            <figure><div class="wide">\(chart.svg(.wide))</div><div class="narrow">\(chart.svg(.narrow))</div></figure>
            """
    }

    private static let styleSheet = """
        :root{--ink:#1c1c1e;--soft:#5c5c61;--line:#dcdce1;--paper:#fff;--shade:#f5f5f7;--link:#005a9e;--bad:#b3261e;\
        --mark:#fdecea}
        @media (prefers-color-scheme:dark){:root{--ink:#ececf0;--soft:#a9a9b1;--line:#35353b;--paper:#17171a;\
        --shade:#212125;--link:#7cc4ff;--bad:#ff8a7a;--mark:#3a1f1d}}
        *{box-sizing:border-box}
        html{-webkit-text-size-adjust:100%}
        body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,'Segoe UI',Roboto,\
        'DejaVu Sans',sans-serif}
        main{max-width:1240px;margin:0 auto;padding:24px 20px 64px}
        h1{font-size:1.65em;line-height:1.25;margin:.2em 0 .7em}
        h2{font-size:1.25em;margin:2.4em 0 .7em;padding-top:1em;border-top:1px solid var(--line)}
        h3{font-size:1.05em;margin:1.6em 0 .5em}
        p,ul{max-width:78ch}
        ul{padding-left:1.2em}
        li{margin:.35em 0}
        a{color:var(--link)}
        .lead li{margin:.6em 0}
        .bad{border-left:4px solid var(--bad);background:var(--mark);padding:.7em 1em;margin:1em 0}
        .meta{color:var(--soft);font-size:.92em}
        figure{margin:1.2em 0 .4em;max-width:820px}
        svg{display:block;width:100%;height:auto}
        .narrow{display:none}
        .table{overflow-x:auto;margin:1em 0;border:1px solid var(--line);border-radius:8px}
        table{border-collapse:collapse;font-size:.85em;line-height:1.4;width:100%;font-variant-numeric:tabular-nums}
        th,td{padding:.5em .7em;text-align:left;vertical-align:top;border-bottom:1px solid var(--line);white-space:nowrap}
        tr:last-child td{border-bottom:0}
        th{background:var(--shade);font-weight:600;white-space:normal;vertical-align:bottom;min-width:5.5em}
        .r{text-align:right}
        td:first-child,th:first-child{position:sticky;left:0;background:var(--paper)}
        th:first-child{background:var(--shade)}
        .facts td{white-space:normal;overflow-wrap:anywhere}
        .range{display:block;color:var(--soft);font-size:.9em}
        .same{opacity:.35}
        nav{display:flex;flex-wrap:wrap;gap:.3em 1.1em;font-size:.92em;margin:1.4em 0 0}
        pre{background:var(--shade);padding:.9em 1em;border-radius:8px;overflow-x:auto;font-size:.88em;white-space:pre-wrap;\
        overflow-wrap:anywhere}
        code{font-size:.92em}
        summary{cursor:pointer;color:var(--link);margin:1em 0}
        .notes{font-size:.85em;color:var(--soft)}
        @media (max-width:640px){body{font-size:15px}main{padding:16px 14px 48px}.wide{display:none}.narrow{display:block}\
        thead,td.none.none{display:none}.table{overflow:visible}\
        tr{display:flex;flex-wrap:wrap;gap:.35em 1.2em;padding:.7em .8em;border-bottom:1px solid var(--line)}\
        tr:last-child{border-bottom:0}\
        td,td.r,td:first-child{display:block;position:static;padding:0;border:0;text-align:left;white-space:normal}\
        td::before{content:attr(data-l);display:block;font-size:.8em;color:var(--soft)}\
        .facts td::before{content:none}.facts td:first-child{min-width:9em;color:var(--soft)}.same{opacity:1}}
        @media print{.table{overflow:visible}td,th{white-space:normal}}

        """
}
