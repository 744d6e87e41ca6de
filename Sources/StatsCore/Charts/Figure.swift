/// Panels of lines over one axis of time, with a shared legend.
package struct Figure: Sendable {
    /// One chart: a unit, and one line for each name of the legend.
    package struct Panel: Sendable {
        package let title: String
        package let unit: ChartUnit
        /// As many as the figure has names; `nil` where a name has no line in this panel.
        package let lines: [ChartLine?]

        package init(title: String, unit: ChartUnit, lines: [ChartLine?]) {
            self.title = title
            self.unit = unit
            self.lines = lines
        }
    }

    /// A vertical line at an instant.
    package struct Mark: Sendable, Equatable {
        package enum Kind: String, Sendable {
            /// Set by a person; drawn with its label.
            case mark
            /// Something began. The label shows only in the tooltip, as for the next case.
            case begin
            case end
        }

        package let kind: Kind
        package let time: Int64
        package let label: String

        package init(_ kind: Kind, time: Int64, label: String) {
            self.kind = kind
            self.time = time
            self.label = label
        }
    }

    /// Letters and digits that tell this figure's elements from those of other figures in the same document.
    package var id = "figure"
    package var title: String
    /// One line below the title; screen readers read it too.
    package var summary: String
    package var axis: TimeAxis
    package var names: [String]
    package var panels: [Panel]
    package var bands: ChartBands?
    package var marks: [Mark] = []
    /// Remarks on what isn't drawn; a line each.
    package var notes: [String] = []
    package var width = 960
    /// The height of one panel's plot area.
    package var panelHeight = 200

    package init(title: String, summary: String, axis: TimeAxis, names: [String], panels: [Panel]) {
        self.title = title
        self.summary = summary
        self.axis = axis
        self.names = names
        self.panels = panels
    }
}
