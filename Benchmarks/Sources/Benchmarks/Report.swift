import Glibc

/// The figures, as a table.
struct Report {
    struct Figure {
        let name: String
        /// Empty for a figure without a goal.
        let goal: String
        let reached: String
        let isReached: Bool?
        /// Why a figure with a goal and without `isReached` says nothing of the goal.
        let undecided: String
    }

    private(set) var figures: [Figure] = []
    private(set) var leftOut: [String] = []

    mutating func add(_ name: String, goal: String = "", reached: String, isReached: Bool? = nil, undecided: String = "not idle") {
        figures.append(Figure(name: name, goal: goal, reached: reached, isReached: isReached, undecided: undecided))
        Terminal.note("\(name): \(reached)")
    }

    mutating func leaveOut(_ what: String, because reason: String) {
        leftOut.append("\(what): \(reason)")
        Terminal.note("left out: \(what): \(reason)")
    }

    var missesGoal: Bool { figures.contains { $0.isReached == false } }

    func text(_ machine: Machine) -> String {
        let rows = [["figure", "goal", "reached", ""]] + figures.map { [$0.name, $0.goal, $0.reached, verdict($0)] }
        let widths = (0..<4).map { column in rows.map { $0[column].count }.max() ?? 0 }
        let lines = rows.map { row in
            zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }.joined(separator: "  ")
        }
        return ([heading(machine)] + lines + leftOut.map { "left out: \($0)" }).joined(separator: "\n")
    }

    func markdown(_ machine: Machine) -> String {
        let lines = figures.map { "| \($0.name) | \($0.goal) | \($0.reached) | \(verdict($0)) |" }
        return
            (["\(heading(machine))", "", "| figure | goal | reached | |", "|---|---|---|---|"] + lines
            + leftOut.map { "\nLeft out: \($0)." }).joined(separator: "\n")
    }

    private func heading(_ machine: Machine) -> String { "\(Machine.today), \(machine.description)" }

    private func verdict(_ figure: Figure) -> String {
        switch figure.isReached {
        case true?: "reached"
        case false?: "missed"
        case nil: figure.goal.isEmpty ? "" : "undecided: \(figure.undecided)"
        }
    }
}

/// Progress goes to standard error, so that standard output holds only the table.
enum Terminal {
    static func note(_ text: String) {
        let line = Array("\(text)\n".utf8)
        _ = write(STDERR_FILENO, line, line.count)
    }
}
