import ArgumentParser
import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

struct PlotCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plot",
        abstract: "Draw columns of a run over time, as an SVG file.",
        discussion: """
            A line for each container, process, device, …, or for each value of the columns that --by names. Counters are drawn as what \
            they grow by per second. Gaps are shaded and never crossed by a line; the events and marks of the run stand over the chart.

              sonde plot data/test000 --column cpu_percent --output cpu.svg
              sonde plot data/test000 --column rx_bytes --column tx_bytes > net.svg
              sonde plot data/test000 --column cpu_percent --by compose_service > cpu.svg
              sonde plot data/test000 --table process --column rss_bytes > memory.svg
              sonde plot data/test000 --column pids --where container=web1 --to 2m > p.svg
            """)

    @Argument(help: "The directory of a run.", completion: .directory)
    var directory: String

    @Option(help: "The table: host, cpu, disk, filesystem, network, container, unit, process, metric or agent.")
    var table = "container"

    @Option(help: "A column to draw; again for more, each in a panel of its own.")
    var column: [String]

    @Option(help: "A column whose values name the lines; again for more. (default: a line for each container, process, …)")
    var by: [String] = []

    @Flag(help: "Draw what gauges change by per second, too.")
    var rate = false

    @Option(help: "Rows of this node only.")
    var node: String?

    @Option(help: "Rows only whose column has this value: container=web1; again for more conditions.")
    var `where`: [String] = []

    @Option(help: "Where to begin: 90s or 5m behind the run's begin, or an instant. (default: the begin)")
    var from: String?

    @Option(help: "Where to end. (default: the end)")
    var to: String?

    @Option(help: "How many lines at most: in turn those with the highest mean and the highest peak of each column.")
    var top = 12

    @Option(help: "Width in pixels.")
    var width = 960

    @Option(help: "Height of the plot in pixels, all panels together. (default: 300, or 180 for each of several panels)")
    var height: Int?

    @Option(name: .shortAndLong, help: "The file to write, ending in .svg. (default: standard output)")
    var output: String?

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        if directory.isEmpty { throw ValidationError("A run's directory can't be an empty text.") }
        if column.isEmpty { throw ValidationError("Say what to draw: --column cpu_percent") }
        if column.count > 12 { throw ValidationError("A figure has room for 12 columns; draw several figures.") }
        if let bad = `where`.first(where: { $0.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).count < 2 }) {
            throw ValidationError("--where \(bad) is no condition; write it as column=value.")
        }
        if !(1...100).contains(top) { throw ValidationError("--top \(top) is not from 1 to 100.") }
        if !(320...8000).contains(width) { throw ValidationError("--width \(width) is not from 320 to 8000.") }
        if let output { try DrawnFile.check(output, suffix: ".svg") }
        if let height, !(100...8000).contains(height) { throw ValidationError("--height \(height) is not from 100 to 8000.") }
    }

    func run() throws {
        let plot = try RunPlot(directory, wish)
        for remark in plot.remarks { Output.complain("Note: \(VisibleText.escape(remark))") }
        guard let output else { return Output.write(plot.svg, to: STDOUT_FILENO) }
        try Output.show(DrawnFile.write(plot.svg, to: output, suffix: ".svg", remarks: plot.remarks), as: connection.format)
    }

    private var wish: RunPlot.Wish {
        var query = SeriesQuery(table: table, values: column.map { SeriesQuery.Value(column: $0, isRate: rate) }, by: by, node: node)
        query.conditions = `where`.map { condition in
            let parts = condition.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (String(parts[0]), String(parts[1]))
        }
        return RunPlot.Wish(query: query, from: from, to: to, top: top, width: width, height: height)
    }
}
