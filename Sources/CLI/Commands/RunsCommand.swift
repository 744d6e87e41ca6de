import ArgumentParser
import StatsCore

struct RunsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runs", abstract: "List the runs, or show, download, pin, compress or remove one.",
        discussion: "With a name alone, ends with status 2 when that run is not complete (or not yet).")

    @Argument(help: "The run to show.")
    var directory: String?

    @Option(help: "List the runs by name, time (the newest first) or size (the largest first).")
    var sort: RunSelection.Order = .time

    @Option(help: ArgumentHelp("List only runs with this label; again for more labels, which all must be there.", valueName: "key=value"))
    var label: [String] = []

    @Option(help: "List only runs in this state: armed, recording, stopping, complete or incomplete.")
    var state: RunState?

    @Option(help: "Copy the run's files into this directory, which is made if need be. Nothing is overwritten.")
    var download: String?

    @Flag(help: "What is done with the run.")
    var action: Action?

    @Flag(help: "Remove the run without asking again.")
    var yes = false

    @OptionGroup var connection: ConnectionOptions

    enum Action: String, EnumerableFlag {
        case delete, pin, unpin, compress, decompress

        static func help(for value: Self) -> ArgumentHelp? {
            switch value {
            case .delete: "Remove the run with all that is in its directory, for good; asks again."
            case .pin: "Keep the run: nobody can remove it, and --keep of the collector passes it over."
            case .unpin: "Take that back."
            case .compress: "Compress the run's CSV files in place; all commands, and pandas, read them as they are."
            case .decompress: "Take that back."
            }
        }
    }

    func validate() throws {
        if let directory { try RunName.check(directory) }
        if directory == nil, let option = download.map({ _ in "--download DIR" }) ?? action.map({ "--\($0.rawValue)" }) {
            throw ValidationError("\(option.split(separator: " ")[0]) needs the name of a run: sonde runs NAME \(option)")
        }
        if directory != nil, !label.isEmpty || state != nil || sort != .time {
            throw ValidationError("--label, --state and --sort are for the list of runs: leave out the name, or them.")
        }
        if download != nil, let action { throw ValidationError("--download and --\(action.rawValue) are two commands: give one of them.") }
        if yes, action != .delete { throw ValidationError("--yes is for --delete.") }
        _ = try selection
    }

    private var selection: RunSelection {
        get throws {
            do throws(RunLabels.Fault) {
                return RunSelection(order: sort, labels: try RunLabels.parse(label), state: state)
            } catch {
                throw ValidationError("--label: \(error).")
            }
        }
    }

    func run() async throws {
        let selection = try selection
        if try connection.endpoints().count > 1 { return try await runTogether(selection) }
        try await connection.connected { client in
            guard let directory else { return try await list(selection, client) }
            if let action { return try await act(action, directory, client) }
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

    private func list(_ selection: RunSelection, _ client: ControlClient) async throws {
        let listings = try await client.runListings()
        let chosen = selection.choose(listings)
        switch connection.format {
        case .text: Output.line(RunList(runs: chosen, leftOut: listings.count - chosen.count).text)
        case .json:
            let manifests = Dictionary(try await client.runs().map { ($0.id, $0) }) { first, _ in first }
            Output.line(try Output.json(chosen.compactMap { manifests[$0.id] }))
        }
    }

    private func act(_ action: Action, _ name: String, _ client: ControlClient) async throws {
        switch action {
        case .pin, .unpin:
            let run = try await client.pin(name, action == .pin)
            try Output.show(RunDone(run: run.name, what: action == .pin ? "pinned" : "unpinned"), as: connection.format)
        case .compress, .decompress:
            try Output.show(try await client.compress(name, decompresses: action == .decompress), as: connection.format)
        case .delete:
            if !yes { try await ask(name, client) }
            let run = try await client.delete(name)
            try Output.show(RunDone(run: run.name, what: "removed", bytes: run.diskBytes), as: connection.format)
        }
    }

    private func ask(_ name: String, _ client: ControlClient) async throws {
        guard Confirmation.isPossible else {
            throw CommandFailure(
                code: "usage", message: "Nobody can be asked whether \(name) may go, as this is no terminal: give --yes.",
                status: .validationFailure)
        }
        guard let run = try await client.runListings().first(where: { $0.name == name }) else {
            throw CommandFailure(code: "not_found", message: "There is no run '\(name)'. `sonde runs` lists those that are.")
        }
        guard Confirmation.ask("Remove \(run.name), \(run.summary), for good?") else {
            throw CommandFailure(code: "kept", message: "\(run.name) was not removed.")
        }
    }
}

extension RunSelection.Order: ExpressibleByArgument {}
extension RunState: ExpressibleByArgument {}

/// What was done with a run.
struct RunDone: Presentable {
    let run: String
    let what: String
    /// What was freed on the disk.
    var bytes: UInt64?

    var text: String { VisibleText.escape("\(run): \(what)") + (bytes.map { ", \(HumanUnits.bytes($0))" } ?? "") }
}
