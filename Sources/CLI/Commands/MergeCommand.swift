import ArgumentParser
import StatsCore

struct MergeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "merge",
        abstract: "Make one run of several: of several collectors, or of several days.",
        discussion: """
            The runs stay as they are. The merged one has a row of each tick that one of them has, in the order of the ticks, and names in gaps.csv the ticks that none of them \
            recorded (not_recorded) besides those that were lost. `sonde verify` proves it as any other run. Runs that have a node in common at the same tick, another \
            interval or other columns are refused, and so are runs that aren't closed, or are damaged. docs/RUNS.md says what becomes of what.

              sonde merge rack1/test000 rack2/test000 --align --output test000
              sonde merge data/monday data/tuesday --align --output data/week
            """)

    @Argument(help: "The directory of a run, or of one in an archive: two or more.", completion: .directory)
    var directories: [String]

    @Option(name: .shortAndLong, help: "The directory to be made: its name is the run's.", completion: .directory)
    var output: String

    @Flag(help: "Number a run whose ticks lie between those of the first as the ticks before; times stay as they are.")
    var align = false

    @Flag(help: "Take runs that aren't closed, as far as they are durable.")
    var allowOpen = false

    @Flag(help: "Take damaged runs, of which rows that can't be read are left out.")
    var allowDamaged = false

    @OptionGroup var labels: LabelOptions

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        if directories.count < 2 { throw ValidationError("Name two runs or more.") }
        if directories.contains("") { throw ValidationError("A run's directory can't be an empty text.") }
        if output.isEmpty { throw ValidationError("--output takes a directory; an empty text is none.") }
    }

    func run() throws {
        var merge = RunMerge(directories: directories, output: output)
        merge.labels = try RunLabels.parse(labels.label)
        (merge.isAligned, merge.allowOpen, merge.allowDamaged) = (align, allowOpen, allowDamaged)
        try Output.show(merge.run(), as: connection.format)
    }
}
