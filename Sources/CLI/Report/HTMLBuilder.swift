import StatsCore

/// Writes HTML: every text is escaped here.
struct HTMLBuilder {
    private(set) var text = ""

    /// Markup of ours, or a chart's.
    mutating func raw(_ markup: String) { text += markup + "\n" }

    mutating func element(_ name: StaticString, _ content: String) {
        raw("<\(name)>\(Self.isolated(content))</\(name)>")
    }

    mutating func section(_ id: StaticString, _ title: StaticString, _ body: (inout HTMLBuilder) throws -> Void) rethrows {
        raw("<section id=\"\(id)\" aria-labelledby=\"\(id)-h\"><h2 id=\"\(id)-h\">\(title)</h2>")
        try body(&self)
        raw("</section>")
    }

    /// A table whose columns with a title that begins with `>` are aligned to the right. A cell that isn't known is a dash.
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

    /// Text whose direction of writing ends with it.
    private static func isolated(_ text: String) -> String { "<bdi>\(Markup.escape(text))</bdi>" }
}
