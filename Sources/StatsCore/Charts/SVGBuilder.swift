/// Writes SVG. It escapes every attribute and text, and gives coordinates one decimal.
struct SVGBuilder {
    private(set) var text = ""

    mutating func open(_ name: StaticString, _ attributes: KeyValuePairs<StaticString, String> = [:]) {
        start(name, attributes)
        text += ">\n"
    }

    mutating func close(_ name: StaticString) { text += "</\(name)>\n" }

    mutating func element(_ name: StaticString, _ attributes: KeyValuePairs<StaticString, String> = [:], content: String? = nil) {
        start(name, attributes)
        text += content.map { ">\(Markup.escape($0))</\(name)>\n" } ?? "/>\n"
    }

    /// A shape with a `title`, for a tooltip and for screen readers.
    mutating func titled(_ name: StaticString, _ attributes: KeyValuePairs<StaticString, String>, title: String) {
        start(name, attributes)
        text += "><title>\(Markup.escape(title))</title></\(name)>\n"
    }

    /// Appends trusted text as it is, such as a style sheet.
    mutating func raw(_ text: String) { self.text += text }

    private mutating func start(_ name: StaticString, _ attributes: KeyValuePairs<StaticString, String>) {
        text += "<\(name)"
        for (key, value) in attributes { text += " \(key)=\"\(Markup.escape(value))\"" }
    }

    /// A coordinate in tenths of a pixel, as short as possible: `12`, `-.5`, `3.1`.
    static func coordinate(tenths: Int) -> String {
        let (whole, tenth) = (tenths.magnitude / 10, tenths.magnitude % 10)
        let sign = tenths < 0 ? "-" : ""
        if tenth == 0 { return "\(sign)\(whole)" }
        return whole == 0 ? "\(sign).\(tenth)" : "\(sign)\(whole).\(tenth)"
    }

    static func coordinate(_ value: Double) -> String { coordinate(tenths: Int((value * 10).rounded())) }
}
