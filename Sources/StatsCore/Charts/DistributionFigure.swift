/// How the values of a few groups are distributed: the share of the time in which each value was not exceeded, and below it, for each group, its repetitions as dots.
package struct DistributionFigure: Sendable {
    /// What one colour stands for.
    package struct Group: Sendable {
        let name: String
        let steps: [(value: Double, share: Double)]
        let repetitions: [Double]
        let mean: Double?
        let interval: ClosedRange<Double>?

        /// - Parameters:
        ///   - steps: the distribution function: values, ascending, each with the share of all that are no larger.
        ///   - repetitions: what each repetition came to.
        ///   - mean: of the repetitions.
        ///   - interval: where the mean is likely to be; `nil` when nobody knows.
        package init(
            name: String, steps: [(value: Double, share: Double)], repetitions: [Double], mean: Double?, interval: ClosedRange<Double>?
        ) {
            self.name = name
            // What no axis can show is left out.
            self.steps = steps.filter { $0.value.magnitude < 1e100 }
            self.repetitions = repetitions.filter { $0.magnitude < 1e100 }
            self.mean = mean.flatMap { $0.magnitude < 1e100 ? $0 : nil }
            self.interval = interval.flatMap { max($0.lowerBound.magnitude, $0.upperBound.magnitude) < 1e100 ? $0 : nil }
        }
    }

    package var id = "distribution"
    package var title: String
    package var summary: String
    package let unit: ChartUnit
    package let groups: [Group]
    package var notes: [String] = []
    package var width = 960
    /// Of the plot of the distribution functions.
    package var height = 180

    package init(title: String, summary: String, unit: ChartUnit, groups: [Group]) {
        self.title = title
        self.summary = summary
        self.unit = unit
        self.groups = groups
    }

    private static let stripHeight = 24.0

    /// The figure as an SVG document; see `Figure.svg`.
    package func svg(styled: Bool = true) -> String {
        var frame = ChartFrame(id: id, title: title, summary: summary, width: width)
        frame.heading()
        frame.y += 8
        let left = ChartFrame.margin + 52
        let plotWidth = max(50, Double(width) - left - ChartFrame.margin - 30)
        let values = groups.flatMap { group in
            [group.steps.first?.value, group.steps.last?.value, group.interval?.lowerBound, group.interval?.upperBound].compactMap(\.self)
                + group.repetitions
        }
        let axis = ValueAxis(covering: (values.min() ?? 0)...(values.max() ?? 0), unit: unit, count: 8, hasZero: false)
        func x(_ value: Double) -> Double { left + min(1, max(0, axis.position(value))) * plotWidth }
        let strips = Double(groups.count) * Self.stripHeight + 8
        frame.draw { out, top in
            let bottom = top + Double(height)
            for share in [0.0, 0.25, 0.5, 0.75, 1] {
                let y = bottom - share * Double(height)
                out.element(
                    "path",
                    [
                        "class": share == 0 ? "foot" : "grid",
                        "d": "M\(SVGBuilder.coordinate(left)) \(SVGBuilder.coordinate(y))h\(SVGBuilder.coordinate(plotWidth))",
                    ])
                out.element(
                    "text",
                    ["class": "tick", "x": SVGBuilder.coordinate(left - 7), "y": SVGBuilder.coordinate(y + 4), "text-anchor": "end"],
                    content: ChartUnit.percent.text(share * 100))
            }
            for tick in axis.ticks {
                let place = SVGBuilder.coordinate(x(tick))
                out.element(
                    "path",
                    ["class": "grid", "d": "M\(place) \(SVGBuilder.coordinate(top))v\(SVGBuilder.coordinate(Double(height) + strips))"])
                out.element(
                    "text",
                    ["class": "tick", "x": place, "y": SVGBuilder.coordinate(bottom + strips + 16), "text-anchor": "middle"],
                    content: axis.label(tick))
            }
            for (index, group) in groups.enumerated() {
                let classes = ChartStyle.classes(index)
                if let path = path(group, bottom, x) {
                    out.titled("path", ["class": "line \(classes)", "d": path], title: group.name)
                }
                let y = bottom + 8 + (Double(index) + 0.5) * Self.stripHeight
                strip(group, classes, y, x, &out)
            }
        }
        frame.y += Double(height) + strips + 38
        frame.legend(
            groups.enumerated().map { index, group in
                ChartFrame.Entry(
                    name: group.name, detail: group.mean.map { "mean \(unit.text($0))" } ?? "", classes: ChartStyle.classes(index),
                    isDot: false)
            })
        frame.notes(notes)
        return frame.svg(styled: styled)
    }

    /// The steps of a distribution function; of those within a tenth of a pixel the last.
    private func path(_ group: Group, _ bottom: Double, _ x: (Double) -> Double) -> String? {
        guard let first = group.steps.first else { return nil }
        var path = "M\(SVGBuilder.coordinate(x(first.value))) \(SVGBuilder.coordinate(bottom))"
        var last = (x: "", y: "")
        for (place, step) in group.steps.enumerated() {
            let at = (x: SVGBuilder.coordinate(x(step.value)), y: SVGBuilder.coordinate(bottom - step.share * Double(height)))
            let isLast = place == group.steps.count - 1
            // The next step is at the same place: it goes higher.
            if !isLast, SVGBuilder.coordinate(x(group.steps[place + 1].value)) == at.x { continue }
            if at.x != last.x { path += "H\(at.x)" }
            if at.y != last.y { path += "V\(at.y)" }
            last = at
        }
        return path
    }

    /// A group's repetitions as dots, with a stroke at their mean and a line for its interval.
    private func strip(_ group: Group, _ classes: String, _ y: Double, _ x: (Double) -> Double, _ out: inout SVGBuilder) {
        if let interval = group.interval {
            let from = "M\(SVGBuilder.coordinate(x(interval.lowerBound))) \(SVGBuilder.coordinate(y + 7))"
            out.titled(
                "path", ["class": "line \(classes)", "d": "\(from)H\(SVGBuilder.coordinate(x(interval.upperBound)))"],
                title: "\(group.name): the mean is within \(unit.text(interval.lowerBound)) and \(unit.text(interval.upperBound))")
        }
        if let mean = group.mean {
            out.titled(
                "path", ["class": "line \(classes)", "d": "M\(SVGBuilder.coordinate(x(mean))) \(SVGBuilder.coordinate(y - 8))v16"],
                title: "\(group.name): mean \(unit.text(mean))")
        }
        for (index, value) in group.repetitions.enumerated() {
            out.titled(
                "circle",
                ["class": "dot \(classes)", "cx": SVGBuilder.coordinate(x(value)), "cy": SVGBuilder.coordinate(y), "r": "4"],
                title: "\(group.name), repetition \(index + 1): \(unit.text(value))")
        }
    }
}
