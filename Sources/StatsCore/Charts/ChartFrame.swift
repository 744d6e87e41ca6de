/// The parts that all charts have around their plots: the root element with title and description, the heading, notes and a legend.
struct ChartFrame {
    let id: String
    let title: String
    let summary: String
    let width: Int
    private(set) var out = SVGBuilder()
    /// The height drawn so far, in pixels.
    var y = 0.0

    init(id: String, title: String, summary: String, width: Int) {
        self.id = id
        self.title = title
        self.summary = summary
        self.width = width
    }

    static let margin = 14.0
    /// About how wide a character is at 11 pixels.
    static let characterWidth = 6.3

    /// Calls `body` with the SVG under construction and `y`.
    mutating func draw(_ body: (inout SVGBuilder, Double) -> Void) { body(&out, y) }

    mutating func heading() {
        y += 24
        out.element("text", ["class": "title", "x": "14", "y": "24"], content: Markup.shorten(title, to: Int(Double(width) / 8.5)))
        y += 18
        lines(of: summary).forEach { line($0) }
    }

    /// A muted line of text.
    private mutating func line(_ text: String) {
        out.element("text", ["class": "muted", "x": "14", "y": SVGBuilder.coordinate(y)], content: text)
        y += 15
    }

    mutating func notes(_ notes: [String]) {
        for note in notes { lines(of: note).forEach { line($0) } }
    }

    /// Breaks at blanks; a word that is longer than a line is cut.
    private func lines(of text: String) -> [String] {
        let room = Int((Double(width) - 2 * Self.margin) / Self.characterWidth)
        var lines: [String] = []
        for word in text.split(separator: " ") {
            let word = Markup.shorten(String(word), to: room)
            if let last = lines.last, last.count + 1 + word.count <= room {
                lines[lines.count - 1] = "\(last) \(word)"
            } else {
                lines.append(word)
            }
        }
        return lines
    }

    /// One entry of a legend: a name, and details of its line.
    struct Entry {
        let name: String
        let detail: String
        let classes: String
        let isDot: Bool
    }

    /// Draws the legend in as many columns as fit; it reads row by row.
    mutating func legend(_ entries: [Entry]) {
        let room = Double(width) - 2 * Self.margin
        let longest = entries.map { 30 + Double(min($0.name.count, 48) + 2 + $0.detail.count) * Self.characterWidth }.max() ?? room
        let columns = max(1, min(entries.count, Int(room / longest)))
        let columnWidth = room / Double(columns)
        for (index, entry) in entries.enumerated() {
            let x = Self.margin + Double(index % columns) * columnWidth
            let baseline = y + Double(index / columns) * 17
            if entry.isDot {
                out.element(
                    "circle",
                    [
                        "class": "dot \(entry.classes)", "cx": SVGBuilder.coordinate(x + 9), "cy": SVGBuilder.coordinate(baseline - 4),
                        "r": "4",
                    ])
            } else {
                let path = "M\(SVGBuilder.coordinate(x)) \(SVGBuilder.coordinate(baseline - 4))h18"
                out.element("path", ["class": "line \(entry.classes)", "d": path])
            }
            let length = Int((columnWidth - 30) / Self.characterWidth) - 2 - entry.detail.count
            let name = Markup.shorten(entry.name, to: max(8, length))
            out.raw("<text x=\"\(SVGBuilder.coordinate(x + 24))\" y=\"\(SVGBuilder.coordinate(baseline))\">")
            if name != entry.name { out.raw("<title>\(Markup.escape(entry.name))</title>") }
            // A name may be in a right-to-left script: its own element keeps the direction from spreading to the detail.
            out.raw("<tspan>\(Markup.escape(name))</tspan><tspan class=\"muted\" dx=\"8\">\(Markup.escape(entry.detail))</tspan></text>\n")
        }
        if !entries.isEmpty { y += Double((entries.count + columns - 1) / columns) * 17 + 4 }
    }

    /// The whole document.
    /// - Parameter styled: whether to include the style sheet; a page with many charts has it once.
    func svg(styled: Bool) -> String {
        let height = Int(y + 6)
        var root = SVGBuilder()
        root.open(
            "svg",
            [
                "xmlns": "http://www.w3.org/2000/svg", "class": "sonde-chart", "width": "\(width)", "height": "\(height)",
                "viewBox": "0 0 \(width) \(height)", "role": "img", "aria-labelledby": "\(id)-title \(id)-desc",
            ])
        root.element("title", ["id": "\(id)-title"], content: title)
        root.element("desc", ["id": "\(id)-desc"], content: summary)
        if styled { root.raw("<style>\n\(ChartStyle.css)</style>\n") }
        root.raw(out.text)
        root.close("svg")
        return root.text
    }
}
