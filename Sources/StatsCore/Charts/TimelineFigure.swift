/// Events over time: a lane for each kind of event, and a tick for each event.
package struct TimelineFigure: Sendable {
    package var id = "timeline"
    package var title: String
    package var summary: String
    package let axis: TimeAxis
    package var bands: ChartBands?
    package var notes: [String] = []
    package var width = 960

    /// One tick of a lane; events that are very close to each other share one.
    private struct Tick {
        let first: String
        let time: Int64
        var count = 1
    }

    private var lanes: [String: [Int: Tick]] = [:]
    private var order: [String] = []
    private static let columns = 480

    package init(title: String, summary: String, axis: TimeAxis) {
        self.title = title
        self.summary = summary
        self.axis = axis
    }

    /// Adds an event to the lane of its kind. Beyond 24 kinds the lane is `other`.
    package mutating func add(kind: String, time: Int64, label: String) {
        guard axis.span.contains(time) else { return }
        let lane = lanes[kind] != nil || lanes.count < 24 ? kind : "other"
        if lanes[lane] == nil { order.append(lane) }
        let column = Int(axis.position(time) * Double(Self.columns))
        lanes[lane, default: [:]][column, default: Tick(first: label, time: time, count: 0)].count += 1
    }

    package var isEmpty: Bool { lanes.isEmpty }

    /// The figure as an SVG document; see `Figure.svg`.
    package func svg(styled: Bool = true) -> String {
        var frame = ChartFrame(id: id, title: title, summary: summary, width: width)
        frame.heading()
        let left = ChartFrame.margin + 14 + Double(order.map { min($0.count, 24) }.max() ?? 1) * ChartFrame.characterWidth + 40
        let height = Double(order.count) * 22
        let plot = PlotArea(
            left: left, width: max(50, Double(width) - left - ChartFrame.margin - 6), height: height, axis: axis)
        frame.draw { out, top in
            plot.bands(bands, top, &out)
            for (index, lane) in order.enumerated() {
                let y = top + Double(index) * 22 + 11
                let ticks = (lanes[lane] ?? [:]).sorted { $0.key < $1.key }.map(\.value)
                let count = ticks.reduce(0) { $0 + $1.count }
                out.element("text", ["x": "14", "y": SVGBuilder.coordinate(y + 4)], content: Markup.shorten(lane, to: 24))
                out.element(
                    "text",
                    ["class": "muted", "x": SVGBuilder.coordinate(left - 8), "y": SVGBuilder.coordinate(y + 4), "text-anchor": "end"],
                    content: "\(count)")
                let line = "M\(SVGBuilder.coordinate(left)) \(SVGBuilder.coordinate(y))H\(SVGBuilder.coordinate(plot.right))"
                out.element("path", ["class": "grid", "d": line])
                for tick in ticks {
                    let more = tick.count > 1 ? " and \(tick.count - 1) more" : ""
                    out.titled(
                        "circle",
                        [
                            "class": "dot \(ChartStyle.classes(index % ChartStyle.colours.count))",
                            "cx": SVGBuilder.coordinate(plot.x(tick.time)),
                            "cy": SVGBuilder.coordinate(y), "r": tick.count > 1 ? "5" : "4",
                        ], title: "\(axis.label(tick.time)): \(tick.first)\(more)")
                }
            }
            plot.instants(top, &out)
            out.element(
                "text",
                [
                    "class": "muted", "x": SVGBuilder.coordinate(plot.right), "y": SVGBuilder.coordinate(top + height + 34),
                    "text-anchor": "end",
                ], content: "time since \(axis.originText)")
        }
        frame.y += height + 54
        frame.notes(notes)
        return frame.svg(styled: styled)
    }
}
