import ArgumentParser
import StatsCore

struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write a run's tables as Parquet or CSV files for other programs.",
        discussion: """
            A file for each table, with the types that columns.csv names, the run's name in a column, and with --rates what each counter \
            grew by per second. Each file of the run is checked on the way: a damaged run is refused.

              sonde export data/test000 --output test000.parquet
              sonde export data/test000 --format csv --rates --output test000.csv
              sonde export data/test000 --layout kubemon --output test000
              duckdb -c "select container, max(cpu_percent) from 'test000.parquet/container.parquet' group by 1"
            """)

    @Argument(help: "The directory of a run.", completion: .directory)
    var directory: String

    @Option(help: "parquet or csv. (default: parquet)")
    var format: RunExport.Format?

    @Option(name: .shortAndLong, help: "The directory to write into; it must not exist, or be empty.", completion: .directory)
    var output: String

    @Flag(help: "Add <counter>_per_s behind each counter: what it grew by per second since the row of the tick before.")
    var rates = false

    @Option(help: "tables: a file for each table; kubemon: CSV files as kubemon writes them, one for each host, container and process.")
    var layout = RunExport.Layout.tables

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        if directory.isEmpty { throw ValidationError("A run's directory can't be an empty text.") }
        if output.isEmpty { throw ValidationError("--output takes a directory; an empty text is none.") }
        guard layout == .kubemon else { return }
        if format == .parquet { throw ValidationError("kubemon writes CSV: leave --format out, or say --format csv.") }
        if rates { throw ValidationError("--rates adds columns to tables; kubemon's files say what has changed anyway.") }
    }

    func run() throws {
        let report = try RunExport(
            directory: directory, output: output, layout: layout, format: format ?? (layout == .kubemon ? .csv : .parquet), hasRates: rates
        ).run()
        for remark in report.remarks { Output.complain("Note: \(VisibleText.escape(remark))") }
        try Output.show(report, as: connection.format)
    }
}

extension RunExport.Format: ExpressibleByArgument {}
extension RunExport.Layout: ExpressibleByArgument {}
