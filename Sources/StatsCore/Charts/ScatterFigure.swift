#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Points of one quantity over another, both on logarithmic axes. Of points that would cover each other only one is kept, so that memory is
/// bounded by the size of the figure.
package struct ScatterFigure: Sendable {
    package var id = "scatter"
    package var title: String
    package var summary: String
    package let xTitle: String
    package let yTitle: String
    package let unit: ChartUnit
    /// The names of the groups; each group has a colour.
    package let groups: [String]
    package var notes: [String] = []
    package var width = 960
    package var height = 360

    private struct Cell: Hashable {
        let group: Int
        let x: Int16
        let y: Int16
    }

    private struct Point {
        let group: Int
        let x: Double
        let y: Double
        let label: String
    }

    /// How many cells a factor of two has.
    private static let grain = 16.0
    private var cells: Set<Cell> = []
    private var points: [Point] = []

    package init(title: String, summary: String, x: String, y: String, unit: ChartUnit, groups: [String]) {
        self.title = title
        self.summary = summary
        xTitle = x
        yTitle = y
        self.unit = unit
        self.groups = groups
    }

    /// Adds a point. A point with a coordinate of zero or less is left out: a logarithmic axis can't show it.
    package mutating func add(x: Double, y: Double, group: Int, label: String) {
        guard x > 0, y > 0, x < 1e100, y < 1e100 else { return }
        let cell = Cell(group: group, x: Int16(clamping: Int(log2(x) * Self.grain)), y: Int16(clamping: Int(log2(y) * Self.grain)))
        if cells.insert(cell).inserted { points.append(Point(group: group, x: x, y: y, label: label)) }
    }

    package var isEmpty: Bool { points.isEmpty }

    /// The figure as an SVG document; see `Figure.svg`.
    package func svg(styled: Bool = true) -> String {
        var frame = ChartFrame(id: id, title: title, summary: summary, width: width)
        frame.heading()
        frame.y += 22
        let (xs, ys) = (LogAxis(points.map(\.x), unit), LogAxis(points.map(\.y), unit))
        let left = ChartFrame.margin + 70
        let (right, bottom) = (Double(width) - ChartFrame.margin - 20, frame.y + Double(height))
        frame.draw { out, top in
            out.element("text", ["class": "panel", "x": "14", "y": SVGBuilder.coordinate(top - 12)], content: yTitle)
            for tick in ys.ticks {
                let y = SVGBuilder.coordinate(bottom - ys.position(tick) * Double(height))
                out.element("path", ["class": "grid", "d": "M\(SVGBuilder.coordinate(left)) \(y)H\(SVGBuilder.coordinate(right))"])
                let foot = SVGBuilder.coordinate(bottom - ys.position(tick) * Double(height) + 4)
                out.element(
                    "text", ["class": "tick", "x": SVGBuilder.coordinate(left - 7), "y": foot, "text-anchor": "end"],
                    content: unit.text(tick))
            }
            for tick in xs.ticks {
                let x = SVGBuilder.coordinate(left + xs.position(tick) * (right - left))
                out.element("path", ["class": "grid", "d": "M\(x) \(SVGBuilder.coordinate(top))V\(SVGBuilder.coordinate(bottom))"])
                out.element(
                    "text", ["class": "tick", "x": x, "y": SVGBuilder.coordinate(bottom + 16), "text-anchor": "middle"],
                    content: unit.text(tick))
            }
            for point in points {
                out.titled(
                    "circle",
                    [
                        "class": "dot \(ChartStyle.classes(point.group))",
                        "cx": SVGBuilder.coordinate(left + xs.position(point.x) * (right - left)),
                        "cy": SVGBuilder.coordinate(bottom - ys.position(point.y) * Double(height)), "r": "4",
                    ], title: "\(point.label): \(xTitle) \(unit.text(point.x)), \(yTitle) \(unit.text(point.y))")
            }
            out.element(
                "text",
                ["class": "panel", "x": SVGBuilder.coordinate(right), "y": SVGBuilder.coordinate(bottom + 34), "text-anchor": "end"],
                content: xTitle)
        }
        frame.y = bottom + 56
        frame.legend(
            groups.enumerated().map { ChartFrame.Entry(name: $1, detail: "", classes: ChartStyle.classes($0), isDot: true) })
        frame.notes(notes)
        return frame.svg(styled: styled)
    }
}

/// A logarithmic axis between two powers of two.
private struct LogAxis {
    private let low: Double
    private let high: Double
    let ticks: [Double]

    init(_ values: [Double], _ unit: ChartUnit) {
        low = (log2(values.min() ?? 1)).rounded(.down)
        high = max(low + 1, log2(values.max() ?? 2).rounded(.up))
        let step = max(1, ((high - low) / 8).rounded(.up))
        ticks = stride(from: low, through: high, by: step).map { exp2($0) }
    }

    func position(_ value: Double) -> Double { (log2(value) - low) / (high - low) }
}
