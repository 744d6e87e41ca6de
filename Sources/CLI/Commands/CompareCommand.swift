import ArgumentParser
import StatsCore

struct CompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Compare two groups of runs, or of parts of them: by how much they differ, and how sure that is.",
        discussion: """
            Each run is a repetition. Of every measure of every thing it says both groups' means, their difference with a 95 % bootstrap interval over the \
            repetitions (of five or more in each group), and how large that is (Cliff's delta, Hedges' g). Runs that miss something are named and refused. \
            docs/COMPARE.md defines each number.

              sonde compare base1 base2 base3 base4 base5 --to load1 load2 load3 load4 load5
              sonde compare data/a* --to data/b* --by service --output difference.html
              sonde compare data/a* --to data/b* --window "load on..load off"
              sonde compare run --window "base on..base off" --to-window "load on..load off"
              sonde compare old* --to new* --by container --fail-if 'cpu_percent:mean > +5%'
              sonde compare cache-study --where cache=off --to-where cache=on

            A directory of `sonde matrix` stands for its runs.

            Ends with status 3 when a condition of --fail-if holds.
            """)

    @Argument(help: "The directories of the runs of group A, or of a matrix.", completion: .directory)
    var directories: [String]

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "The directories of the runs of group B. (default: those of A, with --to-window or --to-where)", valueName: "run"),
        completion: .directory)
    var to: [String] = []

    @Option(
        help: ArgumentHelp(
            "Of group A take only runs with this label; again for more labels, which all must be there.", valueName: "key=value"))
    var `where`: [String] = []

    @Option(help: ArgumentHelp("The same for group B. (default: as --where)", valueName: "key=value"))
    var toWhere: [String] = []

    @Option(
        help: ArgumentHelp(
            "The part of each run that counts: from..to, each a mark's label, 90s behind the run's begin, or an instant. Marks set again and again make a repetition each time.",
            valueName: "from..to"))
    var window: String?

    @Option(help: ArgumentHelp("The same for the runs of group B. (default: as --window)", valueName: "from..to"))
    var toWindow: String?

    @OptionGroup var summary: SummaryOptions

    @Option(help: ArgumentHelp("Only hosts, containers, … whose names match, with * and ?.", valueName: "pattern"))
    var only: String?

    @Option(
        help: ArgumentHelp(
            "What of each measure is compared: mean, p50, p95, p99, max or total; again for more. (default: mean)", valueName: "statistic"))
    var statistic: [Statistic] = []

    @Option(
        help: ArgumentHelp(
            "End with status 3 when this holds for anything compared: 'cpu_percent:mean > +5%', 'memory_bytes:max > 64MiB'; again for more.",
            valueName: "condition"))
    var failIf: [String] = []

    @Option(help: "The seed of the bootstrap's random numbers; the same seed gives the same intervals.")
    var seed: UInt64 = 1

    @Flag(help: "The first run of B belongs to the first of A, and so on, as when they were recorded in turn.")
    var pair = false

    @Flag(help: "Compare runs that miss something, too.")
    var allowIncomplete = false

    @Flag(help: "Compare runs of different intervals, too.")
    var allowIntervals = false

    @Option(help: "How many hosts, containers, … the text lists: those that used most.")
    var top = 10

    @Flag(help: "Print CSV: a row for each comparison.")
    var csv = false

    @Option(name: .shortAndLong, help: "Also write a page with the distributions drawn, ending in .html.")
    var output: String?

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        if (directories + to).contains("") { throw ValidationError("A run's directory can't be an empty text.") }
        if to.isEmpty, toWindow == nil, toWhere.isEmpty {
            throw ValidationError(
                "Say with what to compare: --to RUN…, --to-where for others of the same runs, or --to-window for other parts of them.")
        }
        _ = try (Self.labels(`where`, "--where"), Self.labels(toWhere, "--to-where"))
        if csv, connection.json { throw ValidationError("Say --json or --csv.") }
        if let output { try DrawnFile.check(output, suffix: ".html") }
        if top < 1 { throw ValidationError("--top takes a number from 1, not \(top).") }
        for (option, text) in [("--window", window), ("--to-window", toWindow)] {
            if let text, RunWindow.Ends(text) == nil {
                throw ValidationError("\(option) \(text) is no part of a run: write it as 'from..to', of which one may be left out.")
            }
        }
        for condition in try conditions() {
            let known = Set(Measure.usual.values.joined().map(\.name) + summary.column + summary.column.map { "\($0)_per_s" })
            guard known.contains(condition.measure) else {
                throw ValidationError(
                    "--fail-if \(condition.text): no measure is called \(condition.measure). There are: \(known.sorted().joined(separator: ", "))."
                )
            }
        }
    }

    private static func labels(_ texts: [String], _ option: String) throws -> [String: String] {
        do throws(RunLabels.Fault) { return try RunLabels.parse(texts) } catch { throw ValidationError("\(option): \(error).") }
    }

    private func conditions() throws -> [FailCondition] {
        try failIf.map { text in
            do { return try FailCondition(text) } catch { throw ValidationError("--fail-if \(error)") }
        }
    }

    func run() throws {
        var options = Comparison.Options()
        (options.kinds, options.columns) = (summary.wish.kinds, summary.wish.columns)
        if !statistic.isEmpty { options.statistics = Statistic.allCases.filter(statistic.contains) }
        (options.seed, options.isPaired) = (seed, pair)
        (options.allowsIncomplete, options.allowsIntervals) = (allowIncomplete, allowIntervals)
        options.only = only.map { Glob($0) }
        options.conditions = try conditions()
        options.keepsSketches = output != nil
        let ends = window.flatMap { RunWindow.Ends($0) } ?? RunWindow.Ends()
        let chosen = (
            a: try ChosenRuns(directories, where: Self.labels(`where`, "--where")),
            b: try ChosenRuns(to.isEmpty ? directories : to, where: Self.labels(toWhere.isEmpty ? `where` : toWhere, "--to-where"))
        )
        for note in chosen.a.notes.union(chosen.b.notes).sorted() { Output.complain("Note: \(VisibleText.escape(note))") }
        let comparison = try Comparison(
            RunGroup(directories: chosen.a.directories, ends: ends),
            RunGroup(directories: chosen.b.directories, ends: toWindow.flatMap { RunWindow.Ends($0) } ?? ends), options)
        var report = try CompareReport(comparison)
        report.top = top
        if let output {
            let page = try DrawnFile.write(ComparePage(report).html, to: output, suffix: ".html", remarks: [])
            Output.complain(page.text)
        }
        if csv {
            for note in comparison.notes { Output.complain("Note: \(VisibleText.escape(note))") }
            Output.csv(report)
        } else {
            try Output.show(report, as: connection.format)
        }
        if report.holds { throw ExitCode.conditionHolds }
    }
}

extension Statistic: ExpressibleByArgument {}
