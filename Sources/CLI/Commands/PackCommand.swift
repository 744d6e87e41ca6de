import ArgumentParser
import StatsCore

struct PackCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pack",
        abstract: "Make one archive of runs, to be deposited: with a report, a dictionary, checksums and a README.",
        discussion: """
            The archive is a tar: a page that explains it to whoever has never heard of Sonde, every column with its unit, type and meaning, what the hosts were, and each run with \
            its report. Each run is checked before. `sonde verify` and the commands that read runs take the archive as it is; everybody else unpacks it with tar and checks it \
            with `sha256sum -c SHA256SUMS`. The same runs become the same bytes.

              sonde pack data/test000 --output test000.tar
              sonde pack data/base-* data/new-* --output experiment.tar
              sonde pack plan --output plan.tar
              sonde compare plan.tar --where cache=off --to-where cache=on
              sonde verify experiment.tar
              sonde report experiment.tar/base-1 --output base-1.html
            """)

    @Argument(help: "The directory of a run, closed and not damaged, or of a matrix, which stands for its runs.", completion: .directory)
    var directories: [String]

    @Option(name: .shortAndLong, help: "The file to be made, ending in .tar.", completion: .file(extensions: ["tar"]))
    var output: String

    @Flag(help: "Leave the tables as plain CSV instead of compressing each with gzip.")
    var plain = false

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        if directories.contains("") { throw ValidationError("A run's directory can't be an empty text.") }
    }

    func run() throws {
        let runs = try ChosenRuns(directories, where: [:])
        for note in runs.notes.sorted() { Output.complain("Note: \(VisibleText.escape(note))") }
        try Output.show(RunPack(directories: runs.directories, output: output, isPlain: plain).run(), as: connection.format)
    }
}
