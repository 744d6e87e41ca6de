import StatsCore

/// Writes HTML. It escapes every text.
struct HTMLBuilder {
    private(set) var text = ""

    /// Appends trusted markup, such as a chart.
    mutating func raw(_ markup: String) { text += markup + "\n" }

    /// Begins a document that needs nothing else, and lets nothing else in. It ends with `</main></body></html>`.
    mutating func document(_ title: String) {
        raw(
            """
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(Markup.escape(title))</title>
            <style>
            \(ReportStyle.css)\(ChartStyle.css)</style></head><body><main>
            """)
    }

    mutating func element(_ name: StaticString, _ content: String) {
        raw("<\(name)>\(Self.isolated(content))</\(name)>")
    }

    mutating func section(_ id: StaticString, _ title: StaticString, _ body: (inout HTMLBuilder) throws -> Void) rethrows {
        raw("<section id=\"\(id)\" aria-labelledby=\"\(id)-h\"><h2 id=\"\(id)-h\">\(title)</h2>")
        try body(&self)
        raw("</section>")
    }

    /// A table. A column whose title begins with `>` is aligned to the right; an absent cell is shown as a dash.
    mutating func table(_ titles: [String], _ rows: [[String?]]) {
        let isNumber = titles.map { $0.hasPrefix(">") }
        raw("<div class=\"scroll\"><table><thead><tr>")
        for (title, number) in zip(titles, isNumber) {
            raw("<th scope=\"col\"\(number ? " class=\"n\"" : "")>\(Markup.escape(number ? String(title.dropFirst()) : title))</th>")
        }
        raw("</tr></thead><tbody>")
        for row in rows {
            let cells = zip(row, isNumber).map { "<td\($1 ? " class=\"n\"" : "")>\($0.map(Self.isolated) ?? "–")</td>" }
            raw("<tr>\(cells.joined())</tr>")
        }
        raw("</tbody></table></div>")
    }

    /// Isolates a text's writing direction from what surrounds it.
    private static func isolated(_ text: String) -> String { "<bdi>\(Markup.escape(text))</bdi>" }
}
