/// Values with their intervals, one below the other, beside a line at zero: what has changed, by how much, and how sure that is.
package struct IntervalFigure: Sendable {
    /// One value.
    package struct Row: Sendable {
        let name: String
        let value: Double
        let interval: ClosedRange<Double>?

        /// - Parameter interval: where the value is likely to be; `nil` when nobody knows.
        package init(name: String, value: Double, interval: ClosedRange<Double>?) {
            self.name = name
            self.value = value
            self.interval = interval
        }

        /// Whether the interval leaves no doubt on which side of zero the value is.
        var isClear: Bool { interval.map { $0.lowerBound > 0 || $0.upperBound < 0 } ?? false }
    }

    package var id = "intervals"
    package var title: String
    package var summary: String
    package let unit: ChartUnit
    package var rows: [Row]
    package var notes: [String] = []
    package var width = 960

    package init(title: String, summary: String, unit: ChartUnit, rows: [Row]) {
        self.title = title
        self.summary = summary
        self.unit = unit
        // What no axis can show is left out.
        self.rows = rows.filter { $0.value.magnitude < 1e100 }
    }

    private static let rowHeight = 22.0
    private static let longestName = 44

    /// The figure as an SVG document; see `Figure.svg`.
    package func svg(styled: Bool = true) -> String {
        var frame = ChartFrame(id: id, title: title, summary: summary, width: width)
        frame.heading()
        frame.y += 6
        let left = ChartFrame.margin + 16 + Double(rows.map { min($0.name.count, Self.longestName) }.max() ?? 1) * ChartFrame.characterWidth
        let right = Double(width) - ChartFrame.margin - 30
        let ends = rows.flatMap { [$0.value] + ($0.interval.map { [$0.lowerBound, $0.upperBound] } ?? []) }.filter { $0.magnitude < 1e100 }
        let axis = ValueAxis(covering: (ends.min() ?? 0)...(ends.max() ?? 0), unit: unit, count: 8)
        func x(_ value: Double) -> Double { left + min(1, max(0, axis.position(value))) * max(50, right - left) }
        let height = Double(rows.count) * Self.rowHeight
        frame.draw { out, top in
            for tick in axis.ticks {
                let place = SVGBuilder.coordinate(x(tick))
                let isZero = tick.magnitude < axis.step / 1000
                out.element(
                    "path",
                    ["class": isZero ? "foot" : "grid", "d": "M\(place) \(SVGBuilder.coordinate(top))v\(SVGBuilder.coordinate(height))"])
                out.element(
                    "text", ["class": "tick", "x": place, "y": SVGBuilder.coordinate(top + height + 16), "text-anchor": "middle"],
                    content: axis.label(tick))
            }
            for (index, row) in rows.enumerated() {
                let y = top + (Double(index) + 0.5) * Self.rowHeight
                out.element(
                    "text",
                    ["x": SVGBuilder.coordinate(left - 10), "y": SVGBuilder.coordinate(y + 4), "text-anchor": "end"],
                    content: Markup.shorten(row.name, to: Self.longestName))
                let classes = ChartStyle.classes(row.isClear ? 0 : ChartStyle.colours.count - 1)
                var title = "\(row.name): \(unit.text(row.value))"
                if let interval = row.interval {
                    title += ", \(unit.text(interval.lowerBound)) to \(unit.text(interval.upperBound))"
                    let from = SVGBuilder.coordinate(x(interval.lowerBound))
                    out.titled(
                        "path",
                        [
                            "class": "line \(classes)",
                            "d": "M\(from) \(SVGBuilder.coordinate(y))H\(SVGBuilder.coordinate(x(interval.upperBound)))",
                        ],
                        title: title)
                }
                out.titled(
                    "circle",
                    ["class": "dot \(classes)", "cx": SVGBuilder.coordinate(x(row.value)), "cy": SVGBuilder.coordinate(y), "r": "4"],
                    title: title)
            }
        }
        frame.y += height + 34
        frame.notes(notes)
        return frame.svg(styled: styled)
    }
}
