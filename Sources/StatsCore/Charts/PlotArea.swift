/// Maps values and instants to coordinates, and draws in the plot.
struct PlotArea {
    let left: Double
    let width: Double
    let height: Double
    let axis: TimeAxis

    var right: Double { left + width }

    func x(_ time: Int64) -> Double { left + axis.position(time) * width }

    func grid(_ values: ValueAxis, _ top: Double, _ out: inout SVGBuilder) {
        let bottom = top + height
        var horizontal = ""
        for tick in values.ticks {
            let y = SVGBuilder.coordinate(bottom - values.position(tick) * height)
            horizontal += "M\(SVGBuilder.coordinate(left)) \(y)H\(SVGBuilder.coordinate(right))"
            label(values.label(tick), x: left - 7, y: bottom - values.position(tick) * height + 4, anchor: "end", &out)
        }
        out.element("path", ["class": "grid", "d": horizontal])
        instants(top, &out)
    }

    /// Draws the labels of the time axis at the bottom.
    func instants(_ top: Double, _ out: inout SVGBuilder) {
        let bottom = top + height
        let foot = "M\(SVGBuilder.coordinate(left)) \(SVGBuilder.coordinate(bottom))H\(SVGBuilder.coordinate(right))"
        let ticks = axis.ticks(Int(width / 90))
        let strokes = ticks.map { "M\(SVGBuilder.coordinate(x($0))) \(SVGBuilder.coordinate(bottom))v4" }.joined()
        out.element("path", ["class": "foot", "d": foot + strokes])
        for tick in ticks { label(axis.label(tick), x: x(tick), y: bottom + 16, anchor: "middle", &out) }
    }

    private func label(_ text: String, x: Double, y: Double, anchor: String, _ out: inout SVGBuilder) {
        out.element(
            "text", ["class": "tick", "x": SVGBuilder.coordinate(x), "y": SVGBuilder.coordinate(y), "text-anchor": anchor], content: text)
    }

    func bands(_ bands: ChartBands?, _ top: Double, _ out: inout SVGBuilder) {
        for share in bands?.shares ?? [] {
            out.titled(
                "rect",
                [
                    "class": "band", "x": SVGBuilder.coordinate(left + share.lowerBound * width), "y": SVGBuilder.coordinate(top),
                    "width": SVGBuilder.coordinate((share.upperBound - share.lowerBound) * width), "height": SVGBuilder.coordinate(height),
                ], title: "Gap: ticks are missing")
        }
    }

    func marks(_ marks: [Figure.Mark], _ top: Double, _ out: inout SVGBuilder) {
        for mark in marks where axis.span.contains(mark.time) {
            let path = "M\(SVGBuilder.coordinate(x(mark.time))) \(SVGBuilder.coordinate(top))v\(SVGBuilder.coordinate(height))"
            out.titled("path", ["class": mark.kind.rawValue, "d": path], title: "\(axis.label(mark.time)): \(mark.label)")
        }
    }

    func line(_ line: ChartLine, _ values: ValueAxis, _ top: Double, _ classes: String, title: String, _ out: inout SVGBuilder) {
        guard line.count > 0 else { return }
        var path = ""
        var last = (x: 0, y: 0)
        for bucket in line.buckets {
            for (index, point) in bucket.points.enumerated() {
                let at = (
                    x: Int((x(point.time) * 10).rounded()), y: Int(((top + height - values.position(point.value) * height) * 10).rounded())
                )
                if index == 0 && !bucket.isJoined {
                    // A path of length zero with round caps shows as a dot: this makes a point visible that no line reaches.
                    path += "M\(SVGBuilder.coordinate(tenths: at.x)) \(SVGBuilder.coordinate(tenths: at.y))h0"
                } else if at != last {
                    let (x, y) = (SVGBuilder.coordinate(tenths: at.x - last.x), SVGBuilder.coordinate(tenths: at.y - last.y))
                    path += "l\(x)\(y.hasPrefix("-") ? "" : " ")\(y)"
                }
                last = at
            }
        }
        out.titled("path", ["class": "line \(classes)", "d": path], title: title)
    }

    func empty(_ top: Double, _ out: inout SVGBuilder) {
        out.element(
            "text",
            [
                "class": "muted", "x": SVGBuilder.coordinate(left + width / 2), "y": SVGBuilder.coordinate(top + height / 2),
                "text-anchor": "middle",
            ], content: "no values")
    }
}
