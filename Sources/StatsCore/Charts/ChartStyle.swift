/// How charts look: eight colours that people with any colour vision can tell apart (after Okabe and Ito, without their yellow, which
/// is hard to see on white). From the ninth line on the colours repeat, dashed.
package enum ChartStyle {
    static let colours = ["#0072b2", "#d55e00", "#009e73", "#c05c97", "#b98500", "#3ba3dc", "#7b5fc4", "#6b6b6b"]
    private static let darkColours = ["#4ba3e3", "#ff8a45", "#2cc79a", "#e58fc0", "#e6b23c", "#8fd0f5", "#ab93ee", "#a8a8a8"]

    /// The CSS classes of line number `index`.
    static func classes(_ index: Int) -> String { "c\(index % colours.count)\(index >= colours.count ? " dashed" : "")" }

    /// The style sheet for all charts of a document; light unless the reader prefers dark.
    package static let css: String = {
        var css = """
            .sonde-chart { font: 11px system-ui, "Helvetica Neue", Arial, "DejaVu Sans", sans-serif; background: #fff }
            .sonde-chart text { fill: #33383d; unicode-bidi: isolate }
            .sonde-chart .title { font-size: 15px; font-weight: 600; fill: #15181b }
            .sonde-chart .panel { font-weight: 600; fill: #15181b }
            .sonde-chart .muted, .sonde-chart .tick { fill: #666d75 }
            .sonde-chart .grid { stroke: #e6e9ec; fill: none }
            .sonde-chart .foot { stroke: #8a9199; fill: none }
            .sonde-chart .band { fill: #8a9199; fill-opacity: .2 }
            .sonde-chart .mark { stroke: #15181b; stroke-dasharray: 4 3 }
            .sonde-chart .begin { stroke: #009e73; stroke-opacity: .55 }
            .sonde-chart .end { stroke: #c0392b; stroke-opacity: .55 }
            .sonde-chart .line { fill: none; stroke-width: 1.5; stroke-linejoin: round; stroke-linecap: round }
            .sonde-chart .dot { fill-opacity: .55 }
            .sonde-chart .dashed { stroke-dasharray: 6 3 }

            """
        css += rules(colours, indent: "")
        css += """
            @media (prefers-color-scheme: dark) {
              .sonde-chart { background: #14171a }
              .sonde-chart text { fill: #c9cfd5 }
              .sonde-chart .title, .sonde-chart .panel { fill: #f2f4f6 }
              .sonde-chart .muted, .sonde-chart .tick { fill: #98a1aa }
              .sonde-chart .grid { stroke: #282d32 }
              .sonde-chart .foot { stroke: #6c757d }
              .sonde-chart .mark { stroke: #f2f4f6 }

            """
        return css + rules(darkColours, indent: "  ") + "}\n"
    }()

    private static func rules(_ colours: [String], indent: String) -> String {
        colours.enumerated().map { index, colour in
            "\(indent).sonde-chart .line.c\(index) { stroke: \(colour) } .sonde-chart .dot.c\(index) { fill: \(colour) }\n"
        }.joined()
    }
}
