import ArgumentParser
import StatsCore

struct RunsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runs", abstract: "List the runs, show one, or download its files.",
        discussion: "With a name, ends with status 2 when that run is not complete (or not yet).")

    @Argument(help: "The run to show.")
    var directory: String?

    @Option(help: "Copy the run's files into this directory, which is made if need be. Nothing is overwritten.")
    var download: String?

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        if let directory { try RunName.check(directory) }
        if download != nil && directory == nil {
            throw ValidationError("--download needs the name of a run: sonde runs NAME --download DIR")
        }
    }

    func run() async throws {
        try await connection.connected { client in
            guard let directory else {
                switch connection.format {
                case .text: Output.line(RunList(runs: try await client.runListings()).text)
                case .json: Output.line(try Output.json(await client.runs()))
                }
                return
            }
            let manifest = try await client.run(named: directory)
            if let download {
                let files = try await RunDownload(client: client, manifest: manifest, directory: download).run()
                try Output.show(files, as: connection.format)
            } else {
                try Output.show(manifest, as: connection.format)
            }
            if !manifest.isComplete { throw ExitCode.incomplete }
        }
    }
}
