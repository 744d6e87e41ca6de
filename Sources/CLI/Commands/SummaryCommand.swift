import ArgumentParser
import StatsCore

struct SummaryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "summary",
        abstract: "Sum up what hosts, containers, units and processes used in a run, or in a part of it.",
        discussion: """
            Of CPU, memory, network and disk of each: mean, median, 95th and 99th percentile, maximum and total. Rates are those between two readings; \
            docs/COMPARE.md defines each number. A part of a run goes from one mark to another, or to a time behind the run's begin.

              sonde summary data/test000
              sonde summary data/test000 --from "load on" --to "load off" --by host
              sonde summary data/a data/b --by service --csv > summary.csv
            """)

    @Argument(help: "The directory of a run.", completion: .directory)
    var directories: [String]

    @OptionGroup var summary: SummaryOptions

    @Option(help: "Where to begin: a mark's label, 90s or 5m behind the run's begin, or an instant. (default: the begin)")
    var from: String?

    @Option(help: "Where to end. (default: the end)")
    var to: String?

    @Option(help: "How many hosts, containers, … the text lists: those that used most.")
    var top = 10

    @Option(
        help: ArgumentHelp(
            "Of a table with more containers, processes, … than this nothing is summed up, which is said then: memory is in proportion to them. (default: any number)",
            valueName: "number"))
    var most: Int?

    @Flag(help: "Print CSV: a row for each measure of each thing.")
    var csv = false

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        if directories.contains("") { throw ValidationError("A run's directory can't be an empty text.") }
        if csv, connection.json { throw ValidationError("Say --json or --csv.") }
        if let most, most < 1 { throw ValidationError("--most takes a number from 1, not \(most).") }
        if top < 1 { throw ValidationError("--top takes a number from 1, not \(top).") }
    }

    func run() throws {
        var wish = summary.wish
        wish.most = most
        wish.countsSeries = summary.by.isEmpty && !csv && !connection.json
        wish.ends = RunWindow.Ends(from: from, to: to)
        let runs = try directories.map { try RunSummary($0, wish) }
        var report = SummaryReport(runs: runs)
        report.top = top
        if csv {
            for run in runs { for remark in run.remarks { Output.complain("Note: \(VisibleText.escape("\(run.directory): \(remark)"))") } }
            return Output.csv(report)
        }
        try Output.show(report, as: connection.format)
    }
}

/// What is summed up, for the commands that do.
struct SummaryOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "By what: host, container, unit, process (its name), program (apart by user and place), metric (a series of a scraped target); or containers of all nodes by name, service or image; again for more. (default: host, container, unit, process)",
            valueName: "kind"))
    var by: [SubjectKind] = []

    @Option(help: "A column besides the fixed measures, of whatever table has it: a counter by its growth per second; again for more.")
    var column: [String] = []

    var wish: RunSummary.Wish {
        var wish = RunSummary.Wish()
        if !by.isEmpty { wish.kinds = SubjectKind.allCases.filter(by.contains) }
        wish.columns = column
        return wish
    }
}
