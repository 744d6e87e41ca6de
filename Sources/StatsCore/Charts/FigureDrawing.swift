extension Figure {
    /// The figure as an SVG document. The same figure always gives the same bytes.
    /// - Parameter styled: whether to include the style sheet; a page with many charts has it once (`ChartStyle.css`).
    package func svg(styled: Bool = true) -> String {
        var frame = ChartFrame(id: id, title: title, summary: summary, width: width)
        frame.heading()
        let axes = panels.map(axis(of:))
        let labels = axes.flatMap { axis in axis.ticks.map { axis.label($0).count } }
        let left = ChartFrame.margin + 8 + Double(labels.max() ?? 1) * ChartFrame.characterWidth
        let plot = PlotArea(
            left: left, width: max(50, Double(width) - left - ChartFrame.margin - 6), height: Double(panelHeight), axis: axis)
        let placed = placedLabels(plot)
        for (index, (panel, axis)) in zip(panels, axes).enumerated() {
            frame.y += 12
            frame.draw { $0.element("text", ["class": "panel", "x": "14", "y": SVGBuilder.coordinate($1)], content: panel.title) }
            frame.y += index == 0 ? Double((placed.map(\.row).max() ?? -1) + 1) * 14 + 12 : 12
            frame.draw { out, top in
                plot.bands(bands, top, &out)
                plot.grid(axis, top, &out)
                plot.marks(marks, top, &out)
                if index == 0 { draw(placed, above: top, &out) }
                for (number, line) in panel.lines.enumerated() {
                    if let line { plot.line(line, axis, top, ChartStyle.classes(number), title: names[number], &out) }
                }
                if !panel.lines.contains(where: { ($0?.count ?? 0) > 0 }) { plot.empty(top, &out) }
            }
            frame.y += Double(panelHeight) + 24
        }
        frame.y += 2
        frame.draw { out, y in
            out.element(
                "text",
                ["class": "muted", "x": SVGBuilder.coordinate(plot.right), "y": SVGBuilder.coordinate(y + 10), "text-anchor": "end"],
                content: "time since \(axis.originText)")
        }
        frame.y += 32
        frame.legend(entries)
        frame.notes(allNotes)
        return frame.svg(styled: styled)
    }

    private func axis(of panel: Panel) -> ValueAxis {
        let lines = panel.lines.compactMap(\.self)
        let low = lines.compactMap(\.lowest).min() ?? 0
        let high = lines.compactMap(\.highest).max() ?? 0
        return ValueAxis(covering: min(low, high)...max(low, high), unit: panel.unit, count: max(2, panelHeight / 40))
    }

    private var entries: [ChartFrame.Entry] {
        names.enumerated().map { index, name in
            // With several panels there is no single mean to show.
            let line = panels.count == 1 ? panels[0].lines[index] : nil
            let detail = line.flatMap { line in
                line.mean.flatMap { mean in line.highest.map { "mean \(panels[0].unit.text(mean)), max \(panels[0].unit.text($0))" } }
            }
            return ChartFrame.Entry(name: name, detail: detail ?? "", classes: ChartStyle.classes(index), isDot: false)
        }
    }

    private var allNotes: [String] {
        bands.map { $0.isEmpty } ?? true ? notes : ["Shaded: ticks that are missing (gaps.csv). No line crosses a gap."] + notes
    }

    // MARK: Labels of marks

    private struct PlacedLabel {
        let text: String
        let x: Double
        let row: Int
        let isAtEnd: Bool
    }

    /// Places labels in up to three rows above the plot so that none covers another. A label without room is left out; its line still has a tooltip.
    private func placedLabels(_ plot: PlotArea) -> [PlacedLabel] {
        var ends = [Double](repeating: -.infinity, count: 3)
        var placed: [PlacedLabel] = []
        for mark in marks where mark.kind == .mark && axis.span.contains(mark.time) {
            let text = Markup.shorten(mark.label, to: 32)
            let length = Double(text.count) * ChartFrame.characterWidth
            let x = plot.x(mark.time)
            let isAtEnd = x + length > plot.right
            let start = isAtEnd ? x - length : x
            guard let row = ends.firstIndex(where: { $0 < start }) else { continue }
            ends[row] = start + length + 8
            placed.append(PlacedLabel(text: text, x: x, row: row, isAtEnd: isAtEnd))
        }
        return placed
    }

    private func draw(_ labels: [PlacedLabel], above top: Double, _ out: inout SVGBuilder) {
        for label in labels {
            let y = top - 5 - Double(label.row) * 14
            out.element(
                "text",
                [
                    "x": SVGBuilder.coordinate(label.x), "y": SVGBuilder.coordinate(y), "text-anchor": label.isAtEnd ? "end" : "start",
                ], content: label.text)
        }
    }
}
