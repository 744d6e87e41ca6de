import ArgumentParser
import StatsCore

struct CompressCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compress",
        abstract: "Compress the CSV files of a closed run in place, or undo that.",
        discussion: """
            Each table's FILE.csv becomes FILE.csv.gz, which all commands, pandas, polars, DuckDB and R read as it is; columns.csv and gaps.csv, which are small, stay. What run.json says of the files stays true: \
            `sonde verify` proves the same of a compressed run. Killed in the middle, it loses nothing: give the command again.

            For a run on a collector: sonde runs NAME --compress
            """)

    @Argument(help: "The directory of a run.", completion: .directory)
    var directories: [String]

    @Flag(help: "Make plain CSV files of compressed ones.")
    var decompress = false

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        if directories.contains("") { throw ValidationError("A run's directory can't be an empty text.") }
    }

    func run() throws {
        for directory in directories {
            try Output.show(RunCompression.run(directory, decompress ? .decompressed : .compressed), as: connection.format)
        }
    }
}
