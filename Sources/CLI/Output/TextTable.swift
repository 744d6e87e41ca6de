import StatsCore

/// A table of aligned columns.
struct TextTable {
    enum Alignment {
        case left
        case right
    }

    private let columns: [(title: String, alignment: Alignment)]
    private var rows: [[String]] = []

    /// A column whose title begins with `>` is aligned to the right.
    init(_ titles: String...) { self.init(titles) }

    init(_ titles: [String]) {
        columns = titles.map { $0.hasPrefix(">") ? (String($0.dropFirst()), .right) : ($0, .left) }
    }

    /// Appends a row. An absent cell is shown as `-`. Cells are escaped here.
    mutating func append(_ cells: String?...) { append(cells) }

    /// Appends a row of as many cells as there are titles.
    mutating func append(_ cells: [String?]) {
        rows.append(cells.map { cell in cell.map { VisibleText.escape($0) } ?? "-" })
    }

    var isEmpty: Bool { rows.isEmpty }

    /// The titles, then the rows; two blanks between columns and none at the end of a line.
    func text(indent: String = "") -> String {
        let lines = [columns.map(\.title)] + rows
        let widths = columns.indices.map { column in lines.map { TerminalText.width($0[column]) }.max() ?? 0 }
        return lines.map { line in
            var out = indent
            for column in columns.indices {
                let blanks = String(repeating: " ", count: widths[column] - TerminalText.width(line[column]))
                let isLast = column == columns.count - 1
                switch columns[column].alignment {
                case .right: out += blanks + line[column]
                case .left: out += line[column] + (isLast ? "" : blanks)
                }
                if !isLast { out += "  " }
            }
            return out
        }.joined(separator: "\n")
    }
}
